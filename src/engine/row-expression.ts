import { VarveError } from '../errors.ts';
import { type Engine, openEngine } from './duckdb.ts';
import { literal } from './quote.ts';

/** By what they are about, as docs/reference/schema.md lists them. What makes much of little (`range`, `repeat`, `lpad`), waits, or tells of the engine is not among them. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  operators: '+ - * / // % ** ^ @ & | ~ << >> || ~~ !~~ ~~* !~~* ~~~ -> ->> && @> <@ ^@ <->',
  numbers:
    'abs acos acosh asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees divide even exp factorial fdiv floor fmod ' +
    'gamma gcd greatest greatest_common_divisor isfinite isinf isnan lcm least least_common_multiple lgamma ln log log10 log2 mod multiply ' +
    'pi pow power radians round round_even sign signbit sin sinh sqrt subtract add tan tanh trunc xor',
  texts:
    'ascii bit_length char_length character_length chr concat concat_ws contains damerau_levenshtein editdist3 ends_with format_bytes hamming ' +
    'ilike_escape instr jaccard jaro_similarity jaro_winkler_similarity lcase left left_grapheme length length_grapheme levenshtein like_escape ' +
    'lower ltrim mismatches nfc_normalize not_ilike_escape not_like_escape octet_length ord position prefix regexp_escape regexp_extract ' +
    'regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array replace reverse right right_grapheme rtrim split ' +
    'split_part starts_with str_split str_split_regex string_split string_split_regex string_to_array strip_accents strlen strpos substr ' +
    'substring substring_grapheme suffix translate trim ucase unicode upper url_decode url_encode',
  bytes:
    'base64 bin create_sort_key decode encode from_base64 from_binary from_hex hash hex md5 sha1 sha256 to_base64 to_binary to_hex unbin unhex',
  times:
    'age century current_date current_localtime current_localtimestamp current_timestamp date_add date_diff date_part date_sub date_trunc ' +
    'datediff datepart datesub datetrunc day dayname dayofmonth dayofweek dayofyear days_in_month decade epoch epoch_ms epoch_ns epoch_us era ' +
    'get_current_time get_current_timestamp hour isodow isoyear julian last_day make_date make_time make_timestamp make_timestamp_ms ' +
    'make_timestamp_ns make_timestamptz microsecond millennium millisecond minute month monthname nanosecond normalized_interval now quarter ' +
    'second strftime strptime time_bucket timezone timezone_hour timezone_minute to_centuries to_days to_decades to_hours to_microseconds ' +
    'to_millennia to_milliseconds to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today transaction_timestamp ' +
    'try_strptime week weekday weekofyear year yearweek',
  'lists, structs and maps':
    'apply array_aggr array_aggregate array_any_value array_append array_apply array_cat array_concat array_contains array_cosine_distance ' +
    'array_cosine_similarity array_cross_product array_distance array_distinct array_dot_product array_extract array_filter array_has ' +
    'array_has_all array_has_any array_indexof array_inner_product array_intersect array_length array_position array_prepend array_reduce ' +
    'array_reverse array_reverse_sort array_select array_slice array_sort array_to_string array_transform array_unique array_value array_where ' +
    'array_zip cardinality element_at filter flatten len list_aggr list_aggregate list_any_value list_append list_apply list_avg list_bool_and ' +
    'list_bool_or list_cat list_concat list_contains list_count list_distance list_distinct list_extract list_filter list_first list_has ' +
    'list_has_all list_has_any list_indexof list_intersect list_last list_max list_median list_min list_mode list_position list_prepend ' +
    'list_product list_reduce list_reverse list_reverse_sort list_select list_slice list_sort list_stddev_pop list_stddev_samp list_sum ' +
    'list_transform list_unique list_value list_var_pop list_var_samp list_where list_zip map map_concat map_contains map_entries map_extract ' +
    'map_extract_value map_from_entries map_keys map_values reduce row struct_extract struct_extract_at struct_has struct_keys struct_pack ' +
    'struct_values union_extract union_tag union_value',
  JSON:
    'from_json json json_array_length json_contains json_exists json_extract json_extract_path json_extract_path_text json_extract_string ' +
    'json_keys json_structure json_type json_valid json_value to_json',
  types: 'enum_code typeof',
  conditions: 'error if ifnull nullif',
  'other rows, with OVER':
    'any_value arg_max arg_min argmax argmin avg bit_and bit_or bit_xor bool_and bool_or corr count count_if count_star covar_pop covar_samp ' +
    'cume_dist dense_rank first first_value kurtosis lag last last_value lead mad max max_by mean median min min_by mode nth_value ntile ' +
    'percent_rank product quantile quantile_cont quantile_disc rank row_number skewness stddev stddev_pop stddev_samp sum var_pop var_samp variance',
};

const ALLOWED_FUNCTIONS = new Set(Object.values(FUNCTIONS).flatMap((names) => names.split(' ')));

/** Kinds of nodes of DuckDB's parser that an expression over the columns is made of. */
const CLASSES = new Set([
  ...['BETWEEN', 'CASE', 'CAST', 'COLLATE', 'COLUMN_REF', 'COMPARISON', 'CONJUNCTION', 'CONSTANT'],
  ...['FUNCTION', 'LAMBDA', 'LAMBDA_REF', 'OPERATOR', 'TYPE', 'WINDOW'],
]);

/** A query as DuckDB's parser has it: `SELECT select_list` and, beside it, what each other clause says. */
interface Query {
  readonly type: string;
  readonly select_list?: readonly unknown[];
  readonly from_table?: { readonly type: string };
  readonly [clause: string]: unknown;
}

interface Node {
  readonly class?: unknown;
  readonly function_name?: unknown;
}

/**
 * Refuses what is more than an expression over a row and, by window functions, its neighbours: a query could count to a trillion, a function
 * wait, make gigabytes of nothing, or tell of the engine's settings. DuckDB's own parser says what the text means.
 * @throws VarveError `expression-invalid`
 */
export async function assertRowExpression(engine: Engine, expression: string): Promise<void> {
  const parsed = await parse(engine, expression);
  if (parsed.error || parsed.statements?.length !== 1)
    throw invalidExpression(expression, parsed.error_message ?? 'it is more than one statement');
  const query = parsed.statements[0].node;
  if (!isOneValue(query))
    throw invalidExpression(
      expression,
      'it closes the parentheses around it, and so is no single expression',
    );
  for (const node of nodesOf(query.select_list)) {
    if (node.class === 'SUBQUERY')
      throw invalidExpression(expression, 'it holds a query, and a check is one expression over the columns');
    if (node.class !== undefined && !CLASSES.has(String(node.class)))
      throw invalidExpression(expression, `it holds what is no part of a check: ${String(node.class)}`);
    const name = node.function_name;
    if (typeof name === 'string' && name !== '' && !ALLOWED_FUNCTIONS.has(name.toLowerCase()))
      throw invalidExpression(expression, `the function ${name} is not one that a check may call`);
  }
}

interface Parsed {
  readonly error: boolean;
  readonly error_message?: string;
  readonly statements?: readonly [{ readonly node: Query }];
}

async function parse(engine: Engine, expression: string): Promise<Parsed> {
  const statement = literal(`SELECT (${expression}\n)`);
  const [[text]] = (await engine.query(`SELECT json_serialize_sql(${statement})::VARCHAR`)) as [[string]];
  return JSON.parse(text);
}

/** Tells of each expression whether it looks at other rows, by window functions. One that nobody can parse does not. */
export async function comparesRows(expressions: readonly string[]): Promise<readonly boolean[]> {
  const engine = await openEngine([]);
  try {
    const found: boolean[] = [];
    for (const expression of expressions) {
      const nodes = [...nodesOf((await parse(engine, expression)).statements)];
      found.push(nodes.some((node) => node.class === 'WINDOW'));
    }
    return found;
  } finally {
    engine.close();
  }
}

/**
 * Whether a query is `SELECT` and one value. Text that ends a string where isOneExpression saw none end, as `E'\\''` does, can close the
 * parentheses and go on with clauses and further queries, of which the select list knows nothing.
 */
function isOneValue({ type, select_list, from_table, ...clauses }: Query): boolean {
  if (type !== 'SELECT_NODE' || select_list?.length !== 1 || from_table?.type !== 'EMPTY') return false;
  return Object.entries(clauses).every(([clause, said]) => isUnsaid(clause, said));
}

function isUnsaid(clause: string, said: unknown): boolean {
  if (clause === 'aggregate_handling') return said === 'STANDARD_HANDLING';
  if (clause === 'cte_map') return (said as { readonly map: readonly unknown[] }).map.length === 0;
  return said === null || (Array.isArray(said) && said.length === 0);
}

/** Every object of the tree that is a node of the parser. */
function* nodesOf(tree: unknown): Generator<Node> {
  const waiting = [tree];
  while (waiting.length > 0) {
    const each = waiting.pop();
    if (typeof each !== 'object' || each === null) continue;
    if (!Array.isArray(each)) yield each;
    for (const child of Object.values(each)) waiting.push(child);
  }
}

/** Says that an expression cannot be asked of rows which lack a column, or a field of a struct, that it names. */
export function expressionLacks(column: string, cause: unknown): VarveError {
  return new VarveError('column-missing', `The rows have no column ${JSON.stringify(column.slice(0, 200))}`, {
    remedy: 'Correct the expression in the schema, or see why the data lacks the column.',
    cause,
  });
}

const LACKS = /^The rows have no column (".*")$/s;

/** The column that an error of expressionLacks tells of, which may come from another process; undefined for any other error. */
export function columnLackedBy({ message }: VarveError): string | undefined {
  const quoted = LACKS.exec(message)?.[1];
  return quoted === undefined ? undefined : (JSON.parse(quoted) as string);
}

/** Says why an expression cannot be asked of rows. */
export function invalidExpression(expression: string, reason: string, cause?: unknown): VarveError {
  return new VarveError(
    'expression-invalid',
    `The rows could not be checked by ${expression.slice(0, 200)}: ${reason}`,
    {
      remedy:
        'Correct the expression in the schema: it is DuckDB SQL over the columns of the table, with the functions that docs/reference/schema.md lists.',
      cause,
    },
  );
}
