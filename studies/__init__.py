"""The engine of the long experiments: what is trained once, stored in `results/`, and read by `mnist_utils.results`.

`design` says what an experiment is, `catalogue` which there are, `training` and `ensembles` train, `workers` are where,
`store` and `origin` write and refuse, `running` and `comparing` do a whole study. ``python -m studies --help``
"""
