"""The profile of a version by mapped tasks of Airflow, and its merge behind them. A part that fails is tried again alone.

Workers need `git` and `varve`, and a folder that all of them share (`PARTS_FOLDER`).
"""

from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag

PARTS = 16
PARTS_FOLDER = "/parts"
ENVIRONMENT = {
    "REPOSITORY": "https://git.example.org/team/data.git",
    "BRANCH": "main",
    "DATASET": "data/logs@HEAD",
    "PARTS": str(PARTS),
    # The fingerprint of the remote's settings that you agree to, as `varve trust` shows it in a fresh clone.
    "VARVE_TRUST": "sha256:…",
    # Of this run, so that no other's parts are among them.
    "FOLDER": PARTS_FOLDER + "/{{ run_id | replace(':', '-') | replace('+', '-') }}",
}

# The clone lies in the folder of the task, which Airflow removes behind it.
PART = """
set -eu
mkdir -p "$FOLDER"
git clone --quiet --depth 1 --branch "$BRANCH" "$REPOSITORY" clone
cd clone
varve profile "$DATASET" --part "$PART/$PARTS" --memory 1GB --output "$FOLDER/$PART.tmp"
mv "$FOLDER/$PART.tmp" "$FOLDER/$PART.part"
"""

MERGE = """
set -eu
varve profile --merge "$FOLDER"/*.part --format html --output "$FOLDER/profile.html"
varve profile --merge "$FOLDER"/*.part --format json --output "$FOLDER/profile.json"
"""


@dag(dag_id="varve_profile", schedule=None, catchup=False, default_args={"retries": 3, "retry_delay": timedelta(minutes=1)})
def varve_profile():
    part = BashOperator.partial(task_id="part", bash_command=PART, append_env=True).expand(
        env=[{**ENVIRONMENT, "PART": str(number)} for number in range(1, PARTS + 1)]
    )
    part >> BashOperator(task_id="merge", bash_command=MERGE, append_env=True, env=ENVIRONMENT)


dag_of_varve = varve_profile()

if __name__ == "__main__":
    dag_of_varve.test()
