"""The functions of the module: the methods of `Repository`, in the folder that the process stands in."""

from __future__ import annotations

from ._repository import Repository

_HERE = Repository()

init = _HERE.init
profile = _HERE.profile
infer_schema = _HERE.infer_schema
validate = _HERE.validate
drift = _HERE.drift
drift_history = _HERE.drift_history
add = _HERE.add
status = _HERE.status
resolve = _HERE.resolve
describe = _HERE.describe
log = _HERE.log
push = _HERE.push
fetch = _HERE.fetch
pull = _HERE.pull
checkout = _HERE.checkout
get = _HERE.get
