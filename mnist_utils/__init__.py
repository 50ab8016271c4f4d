"""Helper package of a course book on classifying handwritten digits with Keras. MNIST itself ships inside it."""

import logging
import os
import sys

# TensorFlow reads it when it is first imported: without it, a page of build details goes into the first cell. Its
# notice that oneDNN is on comes all the same: TF_ENABLE_ONEDNN_OPTS=0 turns both off, and changes results.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A console or a file that cannot hold an arrow or a multiplication sign, as on Windows, gets a question mark there.
if getattr(sys.stdout, "errors", None) == "strict" and sys.stdout.encoding.lower() not in ("utf-8", "utf8"):
    sys.stdout.reconfigure(errors="replace")

# It takes what Keras traces for a new network for another tracing of the last one, and warns of it in the output of a
# cell: a false alarm where several networks are trained.
logging.getLogger("tensorflow").addFilter(lambda record: "triggered tf.function retracing" not in record.getMessage())
