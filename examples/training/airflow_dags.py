"""Two DAGs of Airflow 3: the gate tells by an asset event which version passed, and that event starts the training.

Workers need Git, varve, and Python with scikit-learn and MLflow. VARVE_TRUST of their environment names the settings that they may use.
"""

import json
import subprocess
import tempfile

from airflow.sdk import Asset, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

DATASET = "data/flights.csv"
FLIGHTS = Asset("flights")


def run(folder: str, *words: str) -> str:
    return subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def clone(repository: str, revision: str, folder: str) -> None:
    run(folder, "git", "clone", "--quiet", repository, ".")
    run(folder, "git", "checkout", "--quiet", revision)


@dag(
    schedule="@daily",
    catchup=False,
    params={
        "repository": Param("https://git.example.org/team/flights.git", type="string"),
        "revision": Param("origin/main", type="string"),
        "base": Param("serving", type="string", description="the version that the model in use was trained on"),
    },
)
def gate():
    @task(outlets=[FLIGHTS])
    def check(params: dict, outlet_events) -> None:
        """Fail, without another try, where the data breaks its schema or drifted from that of `base`."""
        with tempfile.TemporaryDirectory() as folder:
            clone(params["repository"], params["revision"], folder)
            if subprocess.run(["varve", "check", "--base", params["base"]], cwd=folder).returncode != 0:
                raise AirflowFailException("The gate is shut: the log says why.")
            facts = json.loads(run(folder, "varve", "describe", f"{DATASET}@HEAD", "--json"))
        outlet_events[FLIGHTS].extra = {
            "repository": params["repository"],
            "commit": facts["revision"],
            "digest": facts["digest"],
            "rows": facts["rows"],
        }

    check()


@dag(schedule=[FLIGHTS], catchup=False)
def training():
    @task(inlets=[FLIGHTS])
    def train(inlet_events) -> str:
        passed = inlet_events[FLIGHTS][-1].extra
        with tempfile.TemporaryDirectory() as folder:
            clone(passed["repository"], passed["commit"], folder)
            return run(folder, "python", "train.py", f"{DATASET}@{passed['commit']}")

    train()


gate_of_flights = gate()
training_on_flights = training()
