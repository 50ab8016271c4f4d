"""Helper package of a course book on classifying handwritten digits with Keras. MNIST itself ships inside it."""

import logging
import os

# TensorFlow reads these when it is first imported: without them it prints a page of build details into the first cell.
# The second is its default; setting it only silences the notice about it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# It takes what Keras traces for a new network for another tracing of the last one, and warns of it in the output of a
# cell: a false alarm where several networks are trained.
logging.getLogger("tensorflow").addFilter(lambda record: "triggered tf.function retracing" not in record.getMessage())
