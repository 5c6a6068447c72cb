"""A pipeline of Kubeflow: the gate, then the training. `python kubeflow.py` compiles it, to pipeline.yaml.

kfp's local runner runs it on your machine: `kfp.local.init(kfp.local.SubprocessRunner(use_venv=False))`, then call `pipeline(…)`.
"""

from kfp import compiler, dsl

IMAGE = "registry.example.org/training:1"  # Git, varve, Python with scikit-learn, MLflow and kfp


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def gate(repository: str, revision: str, dataset: str, base: str, report: dsl.Output[dsl.Markdown]) -> str:
    """Fails the pipeline where the data breaks its schema or drifted from that of `base`; returns the digest of what passed."""
    import json
    import subprocess
    import tempfile

    folder = tempfile.mkdtemp()
    for words in (["clone", "-q", repository, "."], ["checkout", "-q", revision]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    subprocess.run(["varve", "check", "--base", base, "--format", "markdown", "--output", report.path], cwd=folder, check=True)
    facts = subprocess.run(["varve", "describe", dataset, "--json"], cwd=folder, check=True, stdout=subprocess.PIPE)
    return json.loads(facts.stdout)["digest"]


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def training(repository: str, revision: str, dataset: str, digest: str):
    import subprocess
    import tempfile

    folder = tempfile.mkdtemp()
    for words in (["clone", "-q", repository, "."], ["checkout", "-q", revision]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    print(f"training on {digest}")
    subprocess.run(["python", "train.py", f"{dataset}@{revision}"], cwd=folder, check=True)


@dsl.pipeline(name="gate-and-train")
def pipeline(repository: str, revision: str, dataset: str = "data/flights.csv", base: str = "origin/main"):
    checked = gate(repository=repository, revision=revision, dataset=dataset, base=base)
    training(repository=repository, revision=revision, dataset=dataset, digest=checked.outputs["Output"])


if __name__ == "__main__":
    compiler.Compiler().compile(pipeline, "pipeline.yaml")
