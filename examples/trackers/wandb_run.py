"""Names the version that a run of Weights & Biases trains on: an artifact of type `dataset`, which refers to the data and holds none.

Usage: python wandb_run.py DATASET[@REV]. `varve which DIGEST` finds the commits and tags of the digest that a run shows.
"""

import json
import subprocess
import sys

import wandb


def use(run: "wandb.Run", dataset: str) -> dict:
    """Log what the run is made of, and return the facts of the version."""
    said = subprocess.run(["varve", "describe", dataset, "--json"], check=True, stdout=subprocess.PIPE, text=True)
    facts = json.loads(said.stdout)
    small = {key: facts.get(key) for key in ("path", "digest", "revision", "rows", "bytes", "files", "repository")}
    name = "".join(each if each.isalnum() or each in "-_." else "-" for each in facts["path"])
    artifact = wandb.Artifact(name, type="dataset", metadata=small)
    artifact.add_reference(f"varve://{dataset}", name=facts["path"], checksum=False)
    # What a run without a network reads is known to the server only once it is synced, so that it can only be logged.
    (run.log_artifact if run.offline else run.use_artifact)(artifact)
    run.config.update({"data": small})
    return facts


if __name__ == "__main__":
    with wandb.init(project="flights", job_type="train") as run:
        print(use(run, sys.argv[1])["digest"])
