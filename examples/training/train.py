"""Trains a model on a version of the data, and logs it with what it was made of.

Usage: python train.py DATASET[@REV] [PARAMETER=NUMBER…], such as data/flights.csv@v1 C=0.5. MLFLOW_TRACKING_URI says where runs are kept.
"""

import json
import subprocess
import sys

import mlflow
import pandas as pd
from mlflow.entities import Dataset, DatasetInput
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FEATURES = ["month", "hour", "distance"]


def varve(*words: str) -> str:
    return subprocess.run(["varve", *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def load(dataset: str) -> tuple[pd.DataFrame, pd.Series]:
    """The rows of the very version, whatever lies in the working tree."""
    with subprocess.Popen(["varve", "cat", dataset], stdout=subprocess.PIPE) as rows:
        flights = pd.read_csv(rows.stdout, usecols=[*FEATURES, "dep_delay"])
    if rows.returncode != 0:
        raise SystemExit(rows.returncode)
    flights = flights.dropna()
    return flights[FEATURES].astype(float), flights["dep_delay"] > 15


def train(dataset: str, **parameters: float) -> float:
    """Train, log the run with its data, and return the accuracy on rows that were held out."""
    features, late = load(dataset)
    train_x, test_x, train_y, test_y = train_test_split(features, late, random_state=0)
    with mlflow.start_run() as run:
        model = make_pipeline(StandardScaler(), LogisticRegression(**parameters)).fit(train_x, train_y)
        accuracy = model.score(test_x, test_y)
        mlflow.log_params(parameters)
        mlflow.log_metric("accuracy", accuracy)
        facts = json.loads(varve("describe", dataset, "--format", "mlflow"))
        mlflow.MlflowClient().log_inputs(run.info.run_id, datasets=[DatasetInput(Dataset(**facts), tags=[])])
        varve("lock", dataset, "--output", "data.lock")
        mlflow.log_artifact("data.lock")
        mlflow.sklearn.log_model(model, name="model", input_example=train_x.head(2))
    return accuracy


if __name__ == "__main__":
    parameters = {name: float(value) for name, _, value in (word.partition("=") for word in sys.argv[2:])}
    print(f"accuracy {train(sys.argv[1], **parameters):.3f}")
