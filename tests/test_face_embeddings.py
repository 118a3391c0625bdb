"""Face networks as features of vendors: what is loaded is what is said, and sensitive data allows none without a
word."""

import shutil

import cv2
import numpy as np
import pytest
import torch
import yaml
from torch.nn import functional

from lib.core.errors import DataError
from lib.data import image_arrays
from lib.models import backbones, face_embeddings
from lib.models.face_embeddings import SIDES
from lib.runs.attribution import Experiment
from lib.study import plan


@pytest.fixture(scope="module")
def network():
    """The packaged one."""
    return backbones.load("dlib-face")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """A face, the same one smaller and brighter, and two pictures without any."""
    from skimage import data

    folder, face = tmp_path_factory.mktemp("photographs"), data.astronaut()[:300, 100:400]
    small = cv2.convertScaleAbs(
        cv2.resize(face, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA), alpha=1.05, beta=5
    )
    shown = {"face": face, "again": small, "cup": data.coffee(), "grey": np.full((40, 60, 3), 128, np.uint8)}
    for name, picture in shown.items():
        cv2.imwrite(str(folder / f"{name}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return [folder / f"{name}.png" for name in shown]


@pytest.fixture(scope="module")
def vectors(network, photographs, tmp_path_factory):
    return network[0].of(photographs, tmp_path_factory.mktemp("cache"), "0" * 64)


def test_the_packaged_network_says_what_it_is(network):
    encoder, found = network
    assert (found.kind, found.source, found.label) == ("face", "package", "dlib-face")
    assert encoder.dimensions == 128 and found.parameters > 1_000_000 and len(found.sha256) == 64
    assert list(encoder.parameters()) == []  # frozen: there is nothing to train


def test_a_head_is_given_coordinates_of_size_one_and_the_same_directions(network, vectors):
    given = torch.from_numpy(np.array(vectors))
    made = network[0](given)
    assert made.square().mean(-1).numpy() == pytest.approx(np.ones(len(vectors)), abs=1e-5)
    assert functional.cosine_similarity(made, given).numpy() == pytest.approx(np.ones(len(vectors)), abs=1e-5)


def test_each_picture_has_a_vector(vectors, photographs):
    """Those without a face too."""
    assert vectors.shape == (len(photographs), 128) and vectors.dtype == np.float32
    assert np.isfinite(vectors).all() and (np.linalg.norm(vectors, axis=1) > 0).all()


def test_a_face_is_nearer_to_itself_than_to_what_is_none(vectors):
    face, again, cup, _ = vectors
    assert np.linalg.norm(face - again) < 0.3 < np.linalg.norm(face - cup)


def test_a_face_is_cut_out_and_a_picture_without_one_is_taken_whole(photographs):
    face, cup = image_arrays.read(photographs[0]), image_arrays.read(photographs[2])
    assert difference(face_embeddings._face(face, 150), whole(face)) > 20
    assert difference(face_embeddings._face(cup, 150), whole(cup)) == 0


def whole(picture):
    return cv2.resize(picture, (150, 150), interpolation=cv2.INTER_AREA)


def difference(one, two):
    """Mean difference of two chips' pixels."""
    assert one.shape == two.shape == (150, 150, 3)
    return np.abs(one.astype(int) - two).mean()


def test_the_largest_face_is_taken(photographs):
    face = cv2.resize(image_arrays.read(photographs[0]), (400, 400))
    both = np.full((400, 640, 3), 200, np.uint8)
    both[:, :400], both[:240, 400:] = face, cv2.resize(face, (240, 240))[:, ::-1]
    assert difference(face_embeddings._face(both, 150), face_embeddings._face(face, 150)) < 10


def test_a_badge_that_might_be_a_face_does_not_win_over_one(network):
    """HOG sees two boxes here: the face (125 x 125, margin 1.50) and a round badge (125 x 126, margin 0.07)."""
    from skimage import data

    embed, photograph = network[0]._embed, data.astronaut()
    face = face_embeddings._face(np.ascontiguousarray(photograph[:300, 100:400]), 150)
    assert np.linalg.norm(embed(face_embeddings._face(photograph, 150)) - embed(face)) < 0.3


def test_the_same_picture_has_the_same_vector_and_is_embedded_once(
    network, vectors, photographs, tmp_path, monkeypatch
):
    encoder, calls = network[0], []
    embed = encoder._embed
    monkeypatch.setattr(encoder, "_embed", lambda chip: calls.append(1) or embed(chip))
    twice = [photographs[2], photographs[0], photographs[2]]
    first = np.array(encoder.of(twice, tmp_path, "1" * 64))
    assert len(calls) == 3 and (first == vectors[[2, 0, 2]]).all()
    assert (encoder.of(twice, tmp_path, "1" * 64) == first).all() and len(calls) == 3
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".lock", ".npy"]
    encoder.of(photographs[2:3], tmp_path, "2" * 64)  # other data has vectors of its own
    assert len(calls) == 4


@pytest.mark.parametrize("folder", [False, True])
def test_without_weights_the_packaged_network_stands_in(folder, tmp_path):
    _, found = backbones.load("arcface", folder=str(tmp_path) if folder else "")
    assert (found.requested, found.loaded, found.source) == ("arcface", "dlib-face", "package")
    assert found.label == "dlib-face in place of arcface"


def test_required_weights_that_are_not_there_are_said_to_be_missing(tmp_path):
    with pytest.raises(DataError, match=r"arcface: .*weights: require.*one model\.onnx"):
        backbones.load("arcface", weights="require", folder=str(tmp_path))


def onnx_file(folder, side, filters=None):
    """A network that gives the mean of each colour, or of what `filters` (out, in, h, w) make of the colours."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    filters = np.eye(3)[:, :, None, None] if filters is None else filters
    nodes = [
        helper.make_node("Conv", ["picture", "filters"], ["filtered"]),
        helper.make_node("GlobalAveragePool", ["filtered"], ["means"]),
        helper.make_node("Flatten", ["means"], ["vector"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, filters.shape[1], side, side])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, len(filters)])],
        [numpy_helper.from_array(filters.astype(np.float32), "filters")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    folder.mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")


@pytest.mark.parametrize("name", [name for name in SIDES if name != "dlib-face"])
def test_a_network_from_a_folder_is_what_it_is_called(name, tmp_path):
    onnx_file(tmp_path / name, SIDES[name])
    encoder, found = backbones.load(name, weights="require", folder=str(tmp_path))
    assert (found.label, found.source, encoder.dimensions) == (name, "folder", 3)


def test_a_networks_pixels_run_from_minus_one_to_one_in_red_green_blue(tmp_path):
    onnx_file(tmp_path / "arcface", SIDES["arcface"])
    encoder, _ = backbones.load("arcface", folder=str(tmp_path))
    picture = np.zeros((30, 30, 3), np.uint8)
    picture[..., 2] = 255  # red, as OpenCV writes it
    cv2.imwrite(str(tmp_path / "red.png"), picture)
    found = encoder.of([tmp_path / "red.png"], tmp_path / "cache", "3" * 64)
    assert found[0].tolist() == pytest.approx([1, -1, -1], abs=1e-5)


def test_vectors_of_other_weights_are_not_taken_from_the_cache(tmp_path, photographs):
    found = []
    for scale in (1, 2):
        onnx_file(tmp_path / f"times {scale}" / "arcface", SIDES["arcface"], scale * np.eye(3)[:, :, None, None])
        encoder, record = backbones.load("arcface", folder=str(tmp_path / f"times {scale}"))
        found.append((record.sha256, encoder.of(photographs[:1], tmp_path / "cache", "4" * 64)[0]))
    (one, once), (two, twice) = found
    assert one != two and twice == pytest.approx(2 * once, abs=1e-5)


@pytest.mark.parametrize("content", [b"no network", b"", None])
def test_a_broken_network_is_an_error_that_names_the_file(content, tmp_path):
    folder = tmp_path / "arcface"
    folder.mkdir()
    if content is not None:
        (folder / "model.onnx").write_bytes(content)
    with pytest.raises(DataError, match=r"arcface/model\.onnx"):
        backbones.load("arcface", folder=str(tmp_path))


@pytest.mark.parametrize(
    ("filters", "match"),
    [
        (np.full((3, 3, 1, 1), np.nan), "not finite"),
        (np.full((3, 3, 1, 1), np.inf), "not finite"),
        (np.zeros((3, 3, 1, 1)), "doesn't see"),
        (
            np.eye(4)[:, :, None, None],
            r"arcface/model\.onnx: this is no face network.*1 x 3 x 112 x 112",
        ),  # four colours
    ],
)
def test_a_network_whose_vectors_say_nothing_is_refused(filters, match, tmp_path):
    onnx_file(tmp_path / "arcface", SIDES["arcface"], filters)
    with pytest.raises(DataError, match=match) as caught:
        backbones.load("arcface", folder=str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_network_of_another_size_or_with_weights_elsewhere_is_refused(tmp_path):
    import onnx

    onnx_file(tmp_path / "arcface", SIDES["facenet-512"])  # OpenCV would compute something of 112 pixels too
    with pytest.raises(DataError, match="1 x 3 x 112 x 112"):
        backbones.load("arcface", folder=str(tmp_path))
    shutil.rmtree(tmp_path / "arcface")
    onnx_file(tmp_path / "arcface", SIDES["arcface"])
    file = tmp_path / "arcface" / "model.onnx"
    onnx.save(onnx.load(file), file, save_as_external_data=True, location="weights", size_threshold=0)
    with pytest.raises(DataError, match="the tensor filters lies in another file"):
        backbones.load("arcface", folder=str(tmp_path))


@pytest.mark.parametrize("name", ["dlib-face-random", "arcface-random"])
def test_fresh_weights_of_a_face_network_are_refused(name):
    """There is nothing to make them from, and frozen ones would be noise."""
    with pytest.raises(DataError, match=name):
        backbones.load(name)


# What a study allows


def parameter_file(tmp_path, **more):
    parameters = {
        "name": "faces",
        "data": {"scale": 0.001, "pixels": 32, "sensitive": True},
        "image": {"pixels": 32},
        "runs": [
            {"notebook": "11_image", "image": ["dlib-face", "arcface"], "objective": ["ce"], "seed": [1]},
            {"notebook": "11_image", "image": ["efficientnet-lite0"], "objective": ["ce"], "seed": [1]},
        ],
    }
    parameters |= more
    path = tmp_path / "faces.yaml"
    path.write_text(yaml.safe_dump(parameters))
    return str(path)


@pytest.mark.parametrize(
    ("sensitive", "given", "allowed"),
    [(True, None, False), (True, False, False), (True, True, True), (False, None, True), (False, False, False)],
)
def test_sensitive_data_allows_faces_only_when_the_parameters_say_so(sensitive, given, allowed, tmp_path):
    path = parameter_file(tmp_path, face_embeddings=given, data={"scale": 0.001, "pixels": 32, "sensitive": sensitive})
    study = plan.load(path)
    assert study.embeds_faces is allowed
    runs = {run.parameters["image"] for run in study.all_runs().values()}
    assert runs == {"efficientnet-lite0"} | ({"dlib-face", "arcface"} if allowed else set())
    said = " ".join(study.left_out)
    assert ("face_embeddings" in said and said.startswith("2 runs of 11_image left out")) is not allowed


def experiment(tmp_path, objective, **more):
    path = parameter_file(tmp_path, **more)
    return Experiment("11_image", path, str(tmp_path / "out"), objective=objective, seed=1, image="dlib-face")


@pytest.mark.parametrize("objective", ["pre-trained", "ce"])
def test_a_run_on_sensitive_data_embeds_no_faces_unasked(objective, tmp_path):
    with pytest.raises(DataError, match=r"dlib-face: .*biometric.*face_embeddings: true"):
        experiment(tmp_path, objective)
    assert not (tmp_path / "out").exists()


def test_a_run_whose_parameters_say_so_embeds_faces(tmp_path):
    run = experiment(tmp_path, "pre-trained", face_embeddings=True)
    assert run.data.modality == "image" and run.weights()["label"].tolist() == ["dlib-face"]
    assert not run.trainer.trained and run.system.head is None


@pytest.mark.parametrize("objective", ["supcon", "ce+supcon", "ce+triplet"])
def test_face_networks_are_not_trained(objective, tmp_path):
    with pytest.raises(DataError, match=r"dlib-face: .*pre-trained or ce"):
        experiment(tmp_path, objective, face_embeddings=True)
