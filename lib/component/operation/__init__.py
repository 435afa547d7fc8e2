"""An operation of Amazon ECR as an action: parameters, call, paging, waiting."""
