"""Which files of a folder are read."""

from core.documents import FolderFiles, files_in


def test_files_below_a_folder_in_order_without_hidden_ones(tmp_path):
    for name in ("b.txt", "sub/a.txt", ".hidden", ".git/config", "sub/.cache/deep/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert files_in(tmp_path) == FolderFiles((tmp_path / "b.txt", tmp_path / "sub/a.txt"))


def test_links_that_lead_out_or_nowhere_are_not_followed(tmp_path):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("secret", encoding="utf-8")
    (folder / "file").symlink_to(outside / "secret.txt")
    (folder / "folder").symlink_to(outside)
    (folder / "nowhere").symlink_to(folder / "gone.txt")
    (folder / "sneaking").symlink_to("../folder/../outside/secret.txt")
    (folder / "neighbor").symlink_to(tmp_path / "folder-2")
    found = files_in(folder)
    assert found.files == ()
    assert {path.name for path in found.links} == {"file", "folder", "nowhere", "sneaking", "neighbor"}


def test_links_within_the_folder_are_nothing_to_report(tmp_path):
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/a.txt").write_text("a", encoding="utf-8")
    (folder / "again.txt").symlink_to("sub/a.txt")
    (folder / "loop").symlink_to(folder)
    (tmp_path / "named").symlink_to(folder)
    for place in (folder, tmp_path / "named"):
        assert files_in(place) == FolderFiles((place / "again.txt", place / "sub/a.txt"))
