"""Names the version that a trial component of SageMaker Experiments trains on: its digest as a parameter, the data as an input artifact.

Usage: python sagemaker_run.py COMPONENT DATASET[@REV]. `varve which DIGEST` finds the commits and tags of the digest.
"""

import json
import subprocess
import sys

import boto3


def use(component: str, dataset: str) -> dict:
    """Make the component with what it is made of, and return the facts of the version."""
    said = subprocess.run(["varve", "describe", dataset, "--json"], check=True, stdout=subprocess.PIPE, text=True)
    facts = json.loads(said.stdout)
    boto3.client("sagemaker").create_trial_component(
        TrialComponentName=component,
        InputArtifacts={"data": {"MediaType": "application/octet-stream", "Value": f"varve://{dataset}"}},
        Parameters={
            "data.digest": {"StringValue": facts["digest"]},
            "data.rows": {"NumberValue": facts.get("rows", 0)},
        },
    )
    return facts


if __name__ == "__main__":
    print(use(sys.argv[1], sys.argv[2])["digest"])
