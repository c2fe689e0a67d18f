"""The network of the paper, its training by a curriculum, and its predictions.

TensorFlow is imported when it is needed: `count_parameters` serves the workflow, which must start
fast. `prepare` comes before anything else that uses TensorFlow.
"""

import fcntl
import hashlib
import json
import logging
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

LOGGER = logging.getLogger(__name__)
KERNEL, POOL = 3, 2
HISTORY = ["epoch", "stage", "loss", "accuracy", "validation_loss", "validation_accuracy"]
# Samples a forward pass without gradients. Fixed, so that results do not depend on the machine.
FORWARD = 250
# Locks of the GPUs that this process has; they go with the process, however it ends.
_HELD = []


def count_parameters(settings, shape, classes):
    """Trainable parameters and features of the network, by arithmetic.

    Parameters
    ----------
    settings : dict
        The config's ``classifier`` block: ``filters``, ``dense``.
    shape : tuple of int
        Of the input: frequency, time, detector.
    classes : int

    Returns
    -------
    parameters, features : int
        427 378 and 2112 for the paper's network on (94, 31, 3) and ten classes.
    """
    height, width, channels = shape
    parameters = 0
    for filters in settings["filters"]:
        parameters += (KERNEL**2 * channels + 1) * filters
        height, width = ((size - KERNEL + 1) // POOL for size in (height, width))
        channels = filters
    if height < 1 or width < 1:
        raise ValueError(f"spectrogram: an input of {shape} is too small for two convolutions")
    features = units = height * width * channels
    for width in (*settings["dense"], classes):
        parameters += (units + 1) * width
        units = width
    return parameters, features


def prepare(threads=1, gpu=False, mixed_precision=False, xla=False):
    """Set TensorFlow up: before any other use of it in a process.

    Parameters
    ----------
    threads : int
        Operations that run side by side; each takes one thread, so that no sum depends on it.
    gpu : bool
        Take one GPU, if there is any, that no other training of this user has; wait for one where
        all are taken. False hides the GPUs.
    mixed_precision : bool
        float16 arithmetic with float32 weights.
    xla : bool
        XLA is going to be used. It has no deterministic gradient of pooling, so TensorFlow is not
        held to determinism and a GPU may give other bytes in each run.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    devices = own_device(tf.config.list_physical_devices("GPU")) if gpu else []
    tf.config.set_visible_devices(devices, "GPU")
    for device in devices:
        tf.config.experimental.set_memory_growth(device, True)
    if xla:
        LOGGER.warning("xla: a GPU may give other weights in each run")
    else:
        tf.config.experimental.enable_op_determinism()
    keras.mixed_precision.set_global_policy("mixed_float16" if mixed_precision else "float32")
    # Devices start here, and say so here.
    tf.config.list_logical_devices()
    words = devices[0].name if devices else "CPU"
    given = granted(os.environ)
    if gpu and given and not devices:
        LOGGER.warning(
            "%s: the job was given a GPU and TensorFlow sees none, so the CPU trains: install CUDA "
            "(docs/cluster.md), or ask for no GPU",
            given,
        )
    LOGGER.info("TensorFlow %s on %s", tf.__version__, words)


def granted(environment):
    """Where a scheduler says that a job has a GPU, as ``NAME=value``; None where none says so."""
    count = environment.get("SLURM_GPUS_ON_NODE", "0")
    if count != "0":
        return f"SLURM_GPUS_ON_NODE={count}"
    for name in ("CUDA_VISIBLE_DEVICES", "_CONDOR_AssignedGPUs"):
        if environment.get(name, "-1") not in ("", "-1", "none"):
            return f"{name}={environment[name]}"
    return None


def own_device(devices):
    """Hold one of the GPUs, so that processes side by side have one each.

    Parameters
    ----------
    devices : list
        The GPUs that TensorFlow sees, in the order of ``CUDA_VISIBLE_DEVICES`` where that is set.

    Returns
    -------
    list
        Of one device, or of none where there is none.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    # Locks are of the physical device: a scheduler shows each job its own as the first.
    names = visible if len(visible) >= len(devices) and visible[0] else range(len(devices))
    for waits in (fcntl.LOCK_NB, 0):
        for name, device in zip(names, devices, strict=False):
            place = f"ccsncam-{os.getuid()}-gpu-{str(name).replace('/', '_')}"
            lock = open(Path(tempfile.gettempdir()) / place, "w")  # noqa: SIM115
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | waits)
            except BlockingIOError:
                lock.close()
                continue
            _HELD.append(lock)
            return [device]
        if devices:
            LOGGER.warning("all %d GPUs are taken by other trainings: waiting", len(devices))
    return []


def build(settings, shape, classes, seed=0):
    """Build the network: conv 3×3 – pool 2 – ReLU twice, dense layers, logits.

    Parameters
    ----------
    settings : dict
        The config's ``classifier`` block.
    shape : tuple of int
        Of the input: frequency, time, detector.
    classes : int
    seed : int
        Of the initial weights.

    Returns
    -------
    keras.Model
        From images (n, frequency, time, detector) to the features (n, features) and the logits
        (n, classes). The last convolution, before pooling and ReLU, is the layer ``conv2``.

    Raises
    ------
    ValueError
        If the network has other counts than the settings say.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    image = x = keras.Input(shape, name="spectrogram")
    for number, filters in enumerate(settings["filters"], 1):
        x = layers.Conv2D(filters, KERNEL, name=f"conv{number}")(x)
        x = layers.MaxPooling2D(POOL, name=f"pool{number}")(x)
        x = layers.ReLU(name=f"relu{number}")(x)
    x = features = layers.Flatten(name="features")(x)
    for number, units in enumerate(settings["dense"], 1):
        x = layers.Dense(units, activation="relu", name=f"dense{number}")(x)
    logits = layers.Dense(classes, dtype="float32", name="logits")(x)
    model = keras.Model(image, [features, logits], name="sasaoka2023")
    counts = model.count_params(), features.shape[-1]
    if counts != (settings["parameters"], settings["features"]):
        raise ValueError(
            f"classifier: the network has {counts[0]} parameters and {counts[1]} features, the "
            f"config says {settings['parameters']} and {settings['features']}"
        )
    return model


def read(path):
    """Spectrograms (n, frequency, time, detector), float32, and labels (n,) of a data set."""
    import h5py

    with h5py.File(path) as file:
        return file["spectrogram"][()], file["label"][()]


def _steps(model, optimizer, settings):
    """Compiled functions: one epoch of training, and the loss of many samples."""
    import tensorflow as tf

    def losses(index, images, labels, training):
        _, logits = model(tf.gather(images, index), training=training)
        truth = tf.gather(labels, index)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits)
        hits = tf.argmax(logits, axis=1, output_type=tf.int32) == truth
        return tf.reduce_sum(loss), tf.reduce_sum(tf.cast(hits, tf.float32))

    weights = model.trainable_weights

    def step(index, images, labels):
        # Each shard is computed on its own and the sum is taken in their order: the same bytes
        # for any number of threads, and small operations that share no thread pool.
        gradients, sums = [], []
        for shard in tf.split(index, _shards(index.shape[0], settings["shards"])):
            with tf.GradientTape() as tape:
                loss, hits = losses(shard, images, labels, True)
                scaled = optimizer.scale_loss(loss / index.shape[0])
            gradients.append(tape.gradient(scaled, weights))
            sums.append([loss, hits])
        summed = [tf.add_n(parts) for parts in zip(*gradients, strict=True)]
        optimizer.apply(summed, weights)
        return tf.reduce_sum(tf.stack(sums), axis=0)

    @tf.function(jit_compile=settings["xla"])
    def epoch(order, rest, images, labels):
        # No running total: TensorFlow's optimiser of graphs adds one in the order of arrival.
        sums = tf.TensorArray(tf.float32, order.shape[0] + 1, element_shape=(2,))
        for batch in tf.range(order.shape[0]):
            sums = sums.write(batch, step(order[batch], images, labels))
        last = step(rest, images, labels) if rest.shape[0] else tf.zeros(2)
        return tf.reduce_sum(sums.write(order.shape[0], last).stack(), axis=0)

    @tf.function
    def validate(images, labels):
        parts = [
            losses(index, images, labels, False)
            for index in tf.split(
                tf.range(images.shape[0]), _shards(images.shape[0], -(-images.shape[0] // FORWARD))
            )
        ]
        return tf.add_n([loss for loss, _ in parts]), tf.add_n([hits for _, hits in parts])

    return epoch, validate


def _shards(size, count):
    """Sizes of at most ``count`` parts, none of them empty."""
    return [len(part) for part in np.array_split(np.arange(size), min(count, size))]


def train(
    settings,
    stages,
    train_paths,
    validation_path,
    seed,
    state,
    outputs,
    code="",
    progress=lambda x, **_: x,
):
    """Train the network through its curriculum; a training that was killed goes on.

    Parameters
    ----------
    settings : dict
        The config's ``classifier`` block.
    stages : list of str
        Names of the stages.
    train_paths : list of path
        A data set for each stage.
    validation_path : path
    seed : int
        Of the initial weights and of the order of the samples.
    state : path
        Folder for the state after each epoch; removed at the end.
    outputs : dict of path
        ``best`` and ``last`` (weights) and ``history`` (CSV).
    code : str
        Digest of the code: a training by another code, or another TensorFlow, starts anew.
    progress : callable, optional
        Wraps the epochs, such as `joblog.bar`.

    Raises
    ------
    ValueError
        If the network has other counts than the settings say, or a loss is not finite.
    """
    import h5py
    import keras
    import tensorflow as tf

    images, labels = read(validation_path)
    with h5py.File(validation_path) as file:
        classes = len(file.attrs["classes"])
    model = build(settings, images.shape[1:], classes, seed)
    optimizer = keras.optimizers.Adam(settings["learning_rate"])
    if settings["mixed_precision"]:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(model.trainable_weights)
    epoch_of, validate = _steps(model, optimizer, settings)
    validation = tf.constant(images), tf.constant(labels)
    made_of = [settings, stages, seed, code, keras.__version__, tf.__version__]
    keeper = _State(state, made_of, [*train_paths, validation_path])
    best, history = keeper.restore(model, optimizer)
    plan = [k for k, epochs in enumerate(settings["epochs"]) for _ in range(epochs)]
    began, first, stage, data = time.monotonic(), len(history), None, None
    label = f"training, seed {seed}"
    for number, k in enumerate(progress(plan[first:], label=label, unit="epochs"), first + 1):
        if k != stage:
            stage, data = k, None  # frees the stage before
            data = _stage_data(train_paths, k, settings["curriculum"])
        size, batch = data[1].shape[0], settings["batch_size"]
        started = time.monotonic()
        order = np.random.default_rng([seed, number]).permutation(size).astype(np.int32)
        full = size // batch * batch
        total, right = epoch_of(
            tf.constant(order[:full].reshape(-1, batch)), tf.constant(order[full:]), *data
        )
        score = [float(value) / len(labels) for value in validate(*validation)]
        history.append([number, stages[k], float(total) / size, float(right) / size, *score])
        if not np.isfinite([history[-1][2], score[0]]).all():
            raise ValueError(
                f"classifier: epoch {number}, stage {stages[k]}: the loss is not finite; "
                f"lower classifier.learning_rate ({settings['learning_rate']:g})"
            )
        if score[0] <= min(row[4] for row in history):
            best = [weight.numpy() for weight in model.weights]
        keeper.save(model, optimizer, best, history)
        now = time.monotonic()
        left = (now - began) / (number - first) * (len(plan) - number)
        LOGGER.info(
            "epoch %d/%d, stage %s: loss %.4f, accuracy %.4f, validation %.4f, %.4f, "
            "%.1f s, %.0f s left",
            *(number, len(plan), stages[k], *history[-1][2:], now - started, left),
            extra={"progress": True},
        )
    model.save_weights(outputs["last"])
    for weight, value in zip(model.weights, best, strict=True):
        weight.assign(value)
    model.save_weights(outputs["best"])
    pd.DataFrame(history, columns=HISTORY).to_csv(outputs["history"], index=False)
    keeper.remove()


def _stage_data(paths, stage, curriculum):
    """Images and labels of a stage, as tensors."""
    import tensorflow as tf

    parts = [
        read(path)
        for path in (paths[: stage + 1] if curriculum == "accumulate" else [paths[stage]])
    ]
    return tuple(
        tf.constant(np.concatenate(column) if len(column) > 1 else column[0])
        for column in zip(*parts, strict=True)
    )


class _State:
    """The state of a training after each epoch, in one file that is replaced at once."""

    def __init__(self, folder, made_of, paths):
        import h5py

        self.path = Path(folder) / "state.h5"
        digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode())
        for path in paths:
            with h5py.File(path) as file:
                for name in ("label", "network_snr"):
                    digest.update(file[name][()].tobytes())
                # Every 97th sample: enough to tell data sets apart, and cheap.
                digest.update(file["spectrogram"][::97].tobytes())
        self.digest = digest.hexdigest()

    def restore(self, model, optimizer):
        """Put back what an earlier run of the same training left; its best weights and history."""
        import h5py

        if not self.path.exists():
            return None, []
        with h5py.File(self.path) as file:
            if file.attrs["digest"] != self.digest:
                LOGGER.info("%s is of another training: starting anew", self.path)
                return None, []
            for name, variables in (("model", model.weights), ("optimizer", optimizer.variables)):
                for key, variable in enumerate(variables):
                    variable.assign(file[f"{name}/{key}"][()])
            best = [file[f"best/{key}"][()] for key in range(len(model.weights))]
            history = json.loads(file.attrs["history"])
        LOGGER.info("resuming after epoch %d", len(history))
        return best, history

    def save(self, model, optimizer, best, history):
        """Replace the state."""
        import h5py

        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        groups = {
            "model": [weight.numpy() for weight in model.weights],
            "optimizer": [variable.numpy() for variable in optimizer.variables],
            "best": best,
        }
        with h5py.File(partial, "w") as file:
            file.attrs["digest"], file.attrs["history"] = self.digest, json.dumps(history)
            for name, values in groups.items():
                for key, value in enumerate(values):
                    file[f"{name}/{key}"] = value
        os.replace(partial, self.path)

    def remove(self):
        """The training is done."""
        self.path.unlink()
        self.path.parent.rmdir()


def best_accuracy(path):
    """Validation accuracy of the best weights, those of the lowest loss, from ``history.csv``."""
    history = pd.read_csv(path)
    return float(history["validation_accuracy"][history["validation_loss"].idxmin()])


def predict(model, images):
    """Features and probabilities.

    Parameters
    ----------
    model : keras.Model
        From `build`.
    images : numpy.ndarray or h5py.Dataset
        Shape (n, frequency, time, detector).

    Returns
    -------
    features : numpy.ndarray
        Shape (n, features), float32.
    probability : numpy.ndarray
        Shape (n, classes), float32.
    """
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def forward(batch):
        features, logits = model(batch, training=False)
        return features, tf.nn.softmax(logits)

    size = len(images)
    features = np.empty((size, model.outputs[0].shape[-1]), np.float32)
    probability = np.empty((size, model.outputs[1].shape[-1]), np.float32)
    for first in range(0, size, FORWARD):
        rows = slice(first, min(first + FORWARD, size))
        features[rows], probability[rows] = (part.numpy() for part in forward(images[rows]))
    return features, probability
