"""A pipeline of Kubeflow: the gate, then the training. Compile it by `python kubeflow.py`, which writes pipeline.yaml."""

from kfp import compiler, dsl

IMAGE = "registry.example.org/training:1"  # Git, varve, Python with scikit-learn and MLflow


@dsl.container_component
def gate(repository: str, revision: str, base: str):
    """Fails the pipeline where the data breaks its schema or drifted from that of `base`."""
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["sh", "-ec", 'git clone -q "$0" /work && cd /work && git checkout -q "$1" && varve check --base "$2"'],
        args=[repository, revision, base],
    )


@dsl.container_component
def training(repository: str, revision: str, dataset: str):
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["sh", "-ec", 'git clone -q "$0" /work && cd /work && git checkout -q "$1" && python train.py "$2@$1"'],
        args=[repository, revision, dataset],
    )


@dsl.pipeline(name="gate-and-train")
def pipeline(repository: str, revision: str, dataset: str = "data/flights.csv", base: str = "origin/main"):
    checked = gate(repository=repository, revision=revision, base=base)
    training(repository=repository, revision=revision, dataset=dataset).after(checked)


if __name__ == "__main__":
    compiler.Compiler().compile(pipeline, "pipeline.yaml")
