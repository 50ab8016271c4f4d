"""Helper package of a course book on classifying handwritten digits with Keras. MNIST itself ships inside it."""

import os

# TensorFlow reads these when it is first imported: without them it prints a page of build details into the first cell.
# The second is its default; setting it only silences the notice about it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
