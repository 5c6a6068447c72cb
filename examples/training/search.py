"""Searches parameters with Optuna. Every trial trains on one version: what is pushed meanwhile changes none of them.

Usage: python search.py DATASET@REV [TRIALS]
"""

import subprocess
import sys

import optuna
from train import train


def pinned(dataset: str) -> str:
    """The version by its commit, which does not move as a branch or a tag may."""
    path, _, revision = dataset.rpartition("@")
    commit = subprocess.run(["git", "rev-parse", f"{revision}^{{commit}}"], check=True, stdout=subprocess.PIPE, text=True)
    return f"{path}@{commit.stdout.strip()}"


if __name__ == "__main__":
    version = pinned(sys.argv[1])
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.set_user_attr("data", version)
    study.optimize(
        lambda trial: train(version, C=trial.suggest_float("C", 0.01, 10, log=True)),
        n_trials=int(sys.argv[2]) if len(sys.argv) > 2 else 20,
    )
    print(f"best {study.best_params} on {version}")
