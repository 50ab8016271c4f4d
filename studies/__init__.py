"""The engine of the long experiments, whose results `mnist_utils.results` reads. ``python -m studies --help``

`design` and `catalogue` say what is trained, `training` and `ensembles` train it, `workers` where; `running` does all
of a study, or does it again to compare; `store` and `origin` write, and refuse.
"""
