/**
 * The page's only style. Sand is what lay there before, blue what came after; red, amber and green are verdicts and
 * always stand beside a word. Text has a contrast of at least 4.5 to its ground in both schemes (tested).
 */
export const STYLE = `
:root{
  --ground:#faf8f4;--card:#fff;--line:#e4ded3;--ink:#22252b;--soft:#5c6068;
  --before:#dcc79c;--before-edge:#b89a5e;--before-ink:#7a5c1e;--after:#1f55c4;--after-fill:#1f55c41f;--after-ink:#1d4fb8;
  --bad:#b3261e;--bad-ground:#fbe9e7;--warn:#8a5200;--warn-ground:#fdf1dc;--good:#27703a;--good-ground:#e6f3e8;
  --c0:#1f55c4;--c1:#c7812a;--c2:#2f8f83;--c3:#a3477f;--c4:#7d72d6;--rest:#cfcabf;
  --focus:#1f55c4;--shadow:0 1px 2px #2b21100f,0 4px 16px #2b211008;
  color-scheme:light dark;
}
@media (prefers-color-scheme:dark){:root{
  --ground:#131519;--card:#1b1e24;--line:#30343d;--ink:#eceae5;--soft:#a4a8b1;
  --before:#6f5f3d;--before-edge:#a58d58;--before-ink:#d9c08a;--after:#86adff;--after-fill:#86adff26;--after-ink:#9bbcff;
  --bad:#ff9d94;--bad-ground:#43201d;--warn:#f3bd66;--warn-ground:#3b2c12;--good:#86d198;--good-ground:#1b3522;
  --c0:#86adff;--c1:#e0a55b;--c2:#58b8aa;--c3:#d57fb3;--c4:#a79df0;--rest:#4a4f5a;
  --focus:#9bbcff;--shadow:none;
}}
*{box-sizing:border-box}
html{background:var(--ground);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
  font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%;scroll-padding-top:4.5rem}
body{margin:0 auto;max-width:100rem;padding:0 clamp(1rem,3vw,3rem) 4rem}
h1,h2,h3,h4,p,dl,dd,ul,figure,fieldset{margin:0;padding:0}
ul{list-style:none}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:4px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
[hidden]{display:none!important}
.top{padding:2.2rem 0 1rem}
.kicker{font-weight:700;letter-spacing:.02em}
.kicker span{color:var(--soft);font-weight:400}
h1{font-size:clamp(1.35rem,2.4vw,2.1rem);line-height:1.25;font-weight:650;letter-spacing:-.01em;margin:.5rem 0 1.1rem;
  text-wrap:balance;overflow-wrap:anywhere}
section.top h2{font-size:1.35rem;line-height:1.3;margin:.3rem 0 .9rem;overflow-wrap:anywhere}
:is(h1,h2) .badge{font-size:max(.5em,.78rem);vertical-align:.22em;margin-right:.4em}
.sides{display:flex;flex-wrap:wrap;gap:.6rem 2.2rem}
.sides div{border-left:.5rem solid var(--before);padding-left:.7rem}
.sides .after{border-color:var(--after)}
.sides dt{color:var(--soft);font-size:.82rem}
.sides dd{font-weight:600;overflow-wrap:anywhere}
.sides dd span,.sides code{color:var(--soft);font-weight:400;margin-left:.6em}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.strata{margin-top:1.6rem}
.strata svg{display:block;width:100%;height:5rem;border-bottom:1px solid var(--line)}
.strata .names{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr);color:var(--soft);font-size:.78rem;text-align:center}
.names span{padding:.1rem .2rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;unicode-bidi:plaintext}
.strata .hit{fill:transparent}
.strata a:hover .hit{fill:var(--line)}
.strata .bad{fill:var(--bad)}.strata .warn{fill:var(--warn)}.strata .good{fill:var(--good);opacity:.55}.strata .plain{fill:var(--after);opacity:.55}
figcaption{color:var(--soft);font-size:.82rem;margin-top:.35rem}
.one-sided{margin-top:1.1rem;display:inline-block;vertical-align:top;margin-right:2rem}
.one-sided p{font-size:.95rem;font-weight:600;margin-bottom:.3rem}
.one-sided ul{display:flex;flex-wrap:wrap;gap:.4rem}
.one-sided li{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.1rem .55rem;overflow-wrap:anywhere}
.steps{margin-top:1.4rem;max-height:22rem;overflow:auto;font-size:.92rem}
.steps .badge{margin:0}
.steps code{white-space:nowrap}
.steps :is(th,td):nth-child(4){text-align:right;white-space:nowrap}
.steps td:nth-child(3){white-space:nowrap}
.steps :is(th,td){padding-right:1.2rem}
.datasets :is(td,th){overflow-wrap:break-word}
.datasets td:has(a):not(:last-child){white-space:nowrap}
.datasets th[scope=row]{color:var(--ink);font-weight:600;min-width:7rem}
.datasets :is(th[scope=row],td:last-child){overflow-wrap:anywhere}
.datasets a{color:var(--after-ink)}
.datasets .badge{margin:0 .3em 0 0}
small{color:var(--soft)}
.toolbar{display:none;position:sticky;top:0;z-index:1;flex-wrap:wrap;gap:.6rem 1rem;align-items:center;
  margin:0 -.6rem 1rem;padding:.65rem .6rem;background:var(--ground);border-bottom:1px solid var(--line)}
[data-live] .toolbar{display:flex}
.toolbar input[type=search],.toolbar select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--soft);
  border-radius:6px;padding:.32rem .6rem;min-width:0}
.toolbar ::placeholder{color:var(--soft);opacity:1}
.find{flex:0 1 17rem;display:flex}
.find input{width:100%}
fieldset{border:1px solid var(--soft);border-radius:6px;display:flex;overflow:hidden;background:var(--card)}
fieldset label{position:relative}
fieldset input{position:absolute;opacity:0;inset:0;margin:0;width:100%;height:100%;cursor:pointer}
fieldset span{display:block;padding:.32rem .8rem}
fieldset b{font-weight:400;color:var(--soft)}
fieldset :checked+span{background:var(--ink);color:var(--ground)}
fieldset :checked+span b{color:inherit}
fieldset :focus-visible+span{outline:2px solid var(--focus);outline-offset:-3px}
.order{color:var(--soft)}
#shown{color:var(--soft);margin-left:auto;font-size:.88rem}
div.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1rem;align-items:start}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.85rem 1rem .7rem;box-shadow:var(--shadow);
  content-visibility:auto;contain-intrinsic-size:auto 20rem;min-width:0}
.card:target{border-color:var(--focus)}
.card header{display:flex;align-items:baseline;gap:.5rem;margin-bottom:.35rem}
.card header{flex-wrap:wrap}
.card h3{font-size:1.02rem;font-weight:650;overflow-wrap:anywhere;min-width:0}
.type{color:var(--soft);font-size:.82rem;overflow-wrap:anywhere;min-width:0}
.badge{flex:none;margin-left:auto;font-size:.78rem;font-weight:600;white-space:nowrap;border-radius:99px;padding:.1rem .6rem}
:is(h1,h2) .badge{margin-left:0}
.badge.bad{color:var(--bad);background:var(--bad-ground)}
.badge.warn{color:var(--warn);background:var(--warn-ground)}
.badge.good{color:var(--good);background:var(--good-ground)}
.chart{cursor:crosshair;border-radius:4px}
.strip{display:block;width:100%;height:auto;margin-top:.5rem}
.strip text{font-size:10px;fill:var(--soft)}
.chart svg{display:block;width:100%;height:auto;overflow:visible}
.chart text{font-size:10.5px;fill:var(--soft)}
.chart .value{fill:var(--ink)}
.chart .others{font-style:italic}
.chart .before,.strip .before{fill:var(--before);stroke:none}
.chart .after{fill:var(--after-fill);stroke:var(--after);stroke-width:1.8;stroke-linejoin:round}
.chart .after-bar,.strip .after-bar{fill:var(--after)}
.chart .alone{fill:var(--after);opacity:.82}
.chart .bad{fill:var(--bad)}.chart .warn{fill:var(--warn)}.chart .good{fill:var(--good);opacity:.55}
.chart .threshold{stroke:var(--ink);stroke-dasharray:3 4;opacity:.6;fill:none}
.chart .grid{stroke:var(--line);fill:none}
.chart .axis{stroke:var(--soft);fill:none;opacity:.7}
.chart .cursor{fill:var(--ink);opacity:.12;pointer-events:none}
.read{min-height:1.45em;margin-top:.25rem;font-size:.82rem;line-height:1.35;color:var(--soft);overflow-wrap:anywhere}
.chart .outer{fill:var(--after);opacity:.2}
.chart .half{fill:var(--after);opacity:.45}
.chart .median{stroke:var(--ink);stroke-width:1.6;fill:none}
.chart .c0{fill:var(--c0)}.chart .c1{fill:var(--c1)}.chart .c2{fill:var(--c2)}.chart .c3{fill:var(--c3)}.chart .c4{fill:var(--c4)}.chart .rest{fill:var(--rest)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.82rem;color:var(--soft)}
.legend li{overflow-wrap:anywhere;min-width:0}
.legend li::before{content:"";display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:2px;background:var(--after)}
.legend .outer::before{opacity:.2}.legend .half::before{opacity:.45}.legend .median::before{background:var(--ink);height:.14em;vertical-align:.25em}
.legend .c0::before{background:var(--c0)}.legend .c1::before{background:var(--c1)}.legend .c2::before{background:var(--c2)}.legend .c3::before{background:var(--c3)}.legend .c4::before{background:var(--c4)}.legend .rest::before{background:var(--rest)}
.empty{color:var(--soft);padding:2rem 0;text-align:center}
.reasons{margin-top:.3rem;font-size:.9rem}
.reasons li{overflow-wrap:anywhere}
.reasons li+li{color:var(--soft)}
details{margin-top:.4rem;font-size:.85rem}
summary{cursor:pointer;color:var(--soft)}
.calm{margin:.6rem 0 1.4rem;font-size:inherit}
.calm>summary{padding:.4rem 0}
table{border-collapse:collapse;width:100%;margin-top:.3rem}
th{font-weight:400;color:var(--soft);text-align:left}
th,td{padding:.16rem .7rem .16rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere;vertical-align:top}
.rest :is(th,td):not(:first-child){text-align:right;white-space:nowrap}
.rest :is(th,td):last-child{padding-right:0}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.6rem;margin-top:.4rem;font-size:.88rem}
.facts dl{flex:1 1 max-content;min-width:0}
.facts.two dl{flex-basis:100%}
.facts div{display:flex;justify-content:space-between;gap:.8rem;line-height:1.45}
.facts dt{color:var(--soft);flex:none}
.facts dd{text-align:right;overflow-wrap:anywhere}
.facts dd span{display:inline-block}
.whole{color:var(--soft);margin-top:1rem}
.was{color:var(--before-ink)}
.note{color:var(--soft);margin-top:.3rem}
.top .note{margin-top:.8rem}
.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr))!important}
.anomaly{border-left:.25rem solid var(--warn);padding:.1rem 0 .1rem .8rem;margin:.7rem 0}
.anomaly.bad{border-color:var(--bad)}
.anomaly h4{font-size:.95rem;font-weight:600;margin:0;overflow-wrap:anywhere}
.anomaly h4 code{color:var(--soft);font-weight:400;font-size:.78em;margin-left:.3em}
.anomaly p{overflow-wrap:anywhere}
.against{display:grid;grid-template-columns:1fr 1fr;gap:.6rem;margin:.5rem 0}
.against div{background:var(--ground);border-radius:6px;padding:.35rem .6rem;min-width:0}
.against dt{color:var(--soft);font-size:.8rem}
.against dd{overflow-wrap:anywhere}
.anomaly table{width:auto;font-size:.88rem}
.anomaly td{min-width:3rem}
.overview{border-spacing:0;border-collapse:separate;font-size:.93rem;margin:0}
.overview>thead th{font-size:.82rem;padding:0 1rem .3rem 0;border:0}
.overview>.card{background:none;border:0;box-shadow:none;padding:0;content-visibility:visible}
.overview>.card>tr>*{border:0;padding:.5rem 1rem .1rem 0}
.overview>.card>tr:first-child>*{border-top:1px solid var(--line)}
.overview .name{color:var(--ink);font-weight:650;min-width:9rem;width:22%}
.overview .name small,.strength small{font-weight:400;display:block}
.overview .strength{white-space:nowrap}
.overview .verdict{width:1px}
.overview .badge{margin:0}
.spark svg{display:block;width:8rem;height:2rem;overflow:visible}
.spark .before{fill:var(--before)}
.spark .after{fill:none;stroke:var(--after);stroke-width:1.5;stroke-linejoin:round}
.overview .why{min-width:14rem;width:45%}
.overview .reasons{margin:0}
.overview>.card>.more>td{padding:0 0 .5rem}
.overview details{margin:0}
.overview details[open]{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.5rem 1rem .8rem;margin:.2rem 0 .4rem;box-shadow:var(--shadow)}
.detail{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:.4rem 2rem;margin-top:.4rem}
.detail>*{min-width:0;max-width:44rem;overflow-x:auto}
.rest :is(th,td):first-child{overflow-wrap:break-word}
@media (max-width:48rem){
  .overview,.overview>.card{display:block}
  .overview>thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
  .overview>.card>tr:first-child{display:grid;grid-template-columns:auto 1fr auto;gap:.2rem .7rem;border-top:1px solid var(--line);padding:.6rem 0 .2rem}
  .overview>.card>tr:first-child>*{border:0;padding:0;min-width:0;width:auto}
  :is(.overview .spark,.overview .why){grid-column:1/-1}
  .spark svg{width:10rem;height:2.5rem}
  .overview .strength{text-align:right;white-space:normal}
  .overview>.card>.more,.overview>.card>.more>td{display:block}
  .detail table{font-size:.8rem}
  .strata .names{display:none}
  .datasets,.datasets tbody,.datasets tr,.steps table,.steps tbody{display:block}
  :is(.datasets,.steps) thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
  :is(.datasets,.steps) :is(th,td){border:0;padding:0}
  :is(.datasets,.steps) tbody tr{border-top:1px solid var(--line);padding:.5rem 0}
  .datasets :is(tbody th,td){display:block;margin-top:.15rem}
  .datasets td:nth-child(2){color:var(--soft)}
  .steps{max-height:30rem}
  .steps tr{display:grid;grid-template-columns:auto auto 1fr auto;gap:.15rem .7rem}
  .steps td:last-child{grid-column:1/-1}
}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media (max-width:40rem){.toolbar{position:static}}
@media print{.toolbar{display:none!important}.card{break-inside:avoid;box-shadow:none;content-visibility:visible}}
`;
