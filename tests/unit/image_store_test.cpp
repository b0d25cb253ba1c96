// The store and the jailed unpacker on real directories, hostile layers among them. Needs root for owners, devices and
// the jail; skipped without.
#include "base/file.hpp"
#include "image/import.hpp"
#include "image/layer.hpp"
#include "image/load.hpp"
#include "image/tar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace phial::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Item {
  TarEntry entry;
  std::string data;
};

Item file(std::string name, std::string data = "data") {
  Item out;
  out.entry.name = std::move(name);
  out.entry.mode = 0644;
  out.entry.size = data.size();
  out.data = std::move(data);
  return out;
}
Item other(TarType type, std::string name, std::string link = "") {
  Item out;
  out.entry.type = type;
  out.entry.name = std::move(name);
  out.entry.link = std::move(link);
  out.entry.mode = type == TarType::directory ? 0755 : 0777;
  return out;
}
Item directory(std::string name) {
  return other(TarType::directory, std::move(name));
}
Item symlink(std::string name, std::string to) {
  return other(TarType::symlink, std::move(name), std::move(to));
}
Item hard_link(std::string name, std::string to) {
  return other(TarType::hard_link, std::move(name), std::move(to));
}

class ImageStore : public testing::Test {
protected:
  std::vector<std::string> layers_of(const Image& image) {
    return layer_paths(store_, image, image_config(store_, image).value()).value();
  }
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs root";
    // In memory where there is such a place: layers are synced to the disk otherwise.
    top_ = exists("/dev/shm") ? "/dev/shm/phial-image-XXXXXX" : "/tmp/phial-image-XXXXXX";
    ASSERT_NE(::mkdtemp(top_.data()), nullptr);
    store_.root = top_ + "/store";
    canary_ = top_ + "/canary";
    ASSERT_EQ(::mkdir(canary_.c_str(), 0751), 0);
    ASSERT_TRUE(write_file_atomically(canary_ + "/file", "untouched"));
  }
  void TearDown() override {
    if (top_.empty())
      return;
    struct stat status{};
    EXPECT_EQ(::stat(canary_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0751U);
    EXPECT_THAT(*list_directory(canary_), ElementsAre("file"));
    EXPECT_EQ(*read_file(canary_ + "/file"), "untouched");
    EXPECT_THAT(list_directory(store_.root + "/tmp").value_or(std::vector<std::string>()), IsEmpty());
    EXPECT_TRUE(remove_tree_at(AT_FDCWD, top_));
  }

  static std::string tar_of(const std::vector<Item>& items) {
    std::string out;
    TarWriter tar([&](std::string_view bytes) {
      out += bytes;
      return Result<>();
    });
    for (const Item& item : items) {
      EXPECT_TRUE(tar.add(item.entry));
      EXPECT_TRUE(tar.write(item.data));
    }
    EXPECT_TRUE(tar.finish());
    return out;
  }

  Result<UnpackedLayer> put(const std::string& tar, const LayerExpectation& expected = {}) {
    Staging staging = TRY(Staging::open(store_));
    return unpack_produced_layer(store_, staging, [&](const auto& sink) { return sink(tar); }, expected, {});
  }
  // The layer's tree, or the error's text.
  std::string unpacked(const std::vector<Item>& items) {
    Result<UnpackedLayer> layer = put(tar_of(items));
    return layer ? layer_directory(store_, layer->layer.diff_id) + "/diff" : "error: " + layer.error().text();
  }
  Result<Image> imported(const std::vector<Item>& items, const std::string& name) {
    std::string path = top_ + "/import.tar";
    TRY(write_file_atomically(path, tar_of(items)));
    ImportOptions options;
    options.name = name;
    return import_root(store_, path, options);
  }

  std::string top_;
  std::string canary_;
  Store store_;
};

struct stat status_of(const std::string& path) {
  struct stat out{};
  EXPECT_EQ(::lstat(path.c_str(), &out), 0) << path;
  return out;
}
bool is_whiteout(const std::string& path) {
  struct stat status = status_of(path);
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}
std::string attribute(const std::string& path, const char* name) {
  std::string out(100, '\0');
  ssize_t n = ::lgetxattr(path.c_str(), name, out.data(), out.size());
  return n < 0 ? "" : out.substr(0, static_cast<std::size_t>(n));
}

TEST_F(ImageStore, OwnersModesTimesAndAttributes) {
  Item suid = file("suid");
  suid.entry.mode = 06755;
  suid.entry.uid = 3'000'000'000;
  suid.entry.gid = 42;
  suid.entry.mtime = -5;
  suid.entry.mtime_nanoseconds = 7;
  suid.entry.xattrs = {{"security.capability", std::string("\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20)},
                       {"trusted.overlay.redirect", "/.."},
                       {"trusted.mine", "kept"}};
  Item root = directory("./");
  root.entry.mode = 01777;
  root.entry.uid = 5;
  std::string at = unpacked({root, suid, hard_link("again", "suid")});
  struct stat status = status_of(at + "/suid");
  EXPECT_EQ(status.st_mode, S_IFREG | 06755U);
  EXPECT_EQ(status.st_uid, 3'000'000'000U);
  EXPECT_EQ(status.st_gid, 42U);
  EXPECT_EQ(status.st_mtim.tv_sec, -5);
  EXPECT_EQ(status.st_mtim.tv_nsec, 7);
  EXPECT_EQ(status.st_nlink, 2U);
  EXPECT_EQ(attribute(at + "/suid", "security.capability").size(), 20U);
  EXPECT_EQ(attribute(at + "/suid", "trusted.overlay.redirect"), "");
  EXPECT_EQ(attribute(at + "/suid", "trusted.mine"), "kept");
  EXPECT_EQ(status_of(at).st_mode & 07777, 01777U);
  EXPECT_EQ(status_of(at).st_uid, 5U);
}

TEST_F(ImageStore, Whiteouts) {
  std::string at = unpacked({file(".wh.gone"), directory("d"), file("d/.wh..wh..opq"), file("d/new"), file("e/.wh.x"),
                             file(".wh.re"), directory("re"), file("f"), file(".wh.f"), file(".wh..wh.plnk/1")});
  EXPECT_TRUE(is_whiteout(at + "/gone"));
  EXPECT_EQ(attribute(at + "/d", "trusted.overlay.opaque"), "y");
  EXPECT_TRUE(is_whiteout(at + "/e/x"));
  EXPECT_TRUE(S_ISDIR(status_of(at + "/re").st_mode));
  EXPECT_EQ(attribute(at + "/re", "trusted.overlay.opaque"), "y");
  EXPECT_TRUE(S_ISREG(status_of(at + "/f").st_mode));
  EXPECT_FALSE(exists(at + "/.wh..wh.plnk"));
}

TEST_F(ImageStore, LastOfSeveralEntriesCounts) {
  std::string at =
      unpacked({directory("a"), file("a/b"), file("a", "now a file"), directory("c"), file("c/x"), symlink("c", "a"),
                file("g", "1"), file("g", "2"), directory("h"), file("h/i"), directory("h")});
  EXPECT_EQ(*read_file(at + "/a"), "now a file");
  EXPECT_TRUE(S_ISLNK(status_of(at + "/c").st_mode));
  EXPECT_EQ(*read_file(at + "/g"), "2");
  EXPECT_TRUE(exists(at + "/h/i"));
}

TEST_F(ImageStore, NothingLeavesTheLayer) {
  Item over_link = file("link", "overwritten");
  Item bad_device = other(TarType::character, "dev");
  const std::vector<std::vector<Item>> refused = {
      {file("../x")},
      {file("a/../../x")},
      {symlink("d", canary_), file("d/x")},
      {symlink("d", "../../../../../../../.." + canary_), file("d/file", "bad")},
      {symlink("d", canary_), file("d/.wh.file")},
      {symlink("d", canary_), file("d/.wh..wh..opq")},
      {hard_link("l", canary_ + "/file"), file("l", "bad")},
      {hard_link("l", "../../../../../../.." + canary_ + "/file")},
      {symlink("d", canary_), hard_link("l", "d/file")},
      {symlink("./", canary_), file("file", "bad")},
      {symlink("/", canary_)},
      {file(".wh...")},
      {file(".wh..")},
      {file(".wh.")},
      {bad_device},
      {file("f"), file("f/below")},
      {symlink("loop", "loop"), file("loop/x")},
  };
  for (std::size_t i = 0; i < refused.size(); ++i)
    EXPECT_THAT(unpacked(refused[i]), HasSubstr("error: ")) << i;
  EXPECT_THAT(list_directory(store_.root + "/layers").value_or(std::vector<std::string>()), IsEmpty());

  // Contained: a name that begins with "/" is the layer's own; a link is replaced, not followed.
  std::string at = unpacked({file(canary_ + "/file", "bad")});
  EXPECT_EQ(*read_file(at + canary_ + "/file"), "bad");
  at = unpacked({symlink("link", canary_ + "/file"), over_link});
  EXPECT_EQ(*read_file(at + "/link"), "overwritten");
  Item mode = symlink("m", canary_);
  mode.entry.mode = 04777;
  mode.entry.uid = 9;
  at = unpacked({mode});
  EXPECT_EQ(status_of(at + "/m").st_uid, 9U);
  // A link within the layer is followed, as a chroot would.
  at = unpacked({directory("usr/lib"), symlink("lib", "/usr/lib"), file("lib/x", "inside")});
  EXPECT_EQ(*read_file(at + "/usr/lib/x"), "inside");
}

TEST_F(ImageStore, DepthThroughLinksIsLimited) {
  std::string deep;
  for (int i = 0; i < 300; ++i)
    deep += "d/";
  EXPECT_THAT(unpacked({directory(deep), symlink("s", deep), directory("s/" + deep), file("s/" + deep + "x")}),
              HasSubstr("deep"));
}

TEST_F(ImageStore, WrongDigestsLeaveNothing) {
  std::string tar = tar_of({file("a")});
  Digest wrong = digest_of("something else");
  EXPECT_FALSE(put(tar, {wrong, std::nullopt}));
  EXPECT_FALSE(put(tar, {std::nullopt, wrong}));
  EXPECT_FALSE(put(tar.substr(0, 700), {}));
  EXPECT_THAT(*list_directory(store_.root + "/layers"), IsEmpty());
  Result<UnpackedLayer> layer = put(tar, {digest_of(tar), digest_of(tar)});
  ASSERT_TRUE(layer) << layer.error().text();
  EXPECT_EQ(layer->tar_size, tar.size());
  EXPECT_EQ(layer->layer.size, 4U);
}

TEST_F(ImageStore, ImportTagFindRemove) {
  Result<Image> image = imported({file("a")}, "one");
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_THAT(image->names, ElementsAre("one:latest"));
  ASSERT_TRUE(tag_image(store_, *image, "two:x"));
  EXPECT_EQ(find_image(store_, "two:x")->id, image->id);
  EXPECT_EQ(find_image(store_, image->id.hex.substr(0, 8))->id, image->id);
  EXPECT_EQ(find_image(store_, image->id.text())->id, image->id);
  EXPECT_EQ(find_image(store_, "one@" + image->manifest.text())->id, image->id);
  EXPECT_EQ(find_image(store_, "three").error().kind, Kind::not_found);
  EXPECT_THAT(layers_of(*image), testing::SizeIs(1));

  // By its id it has too many names; by a name only that goes.
  EXPECT_EQ(remove_image(store_, image->id.hex, {}).error().kind, Kind::state);
  Result<Removed> removed = remove_image(store_, "two:x", {});
  ASSERT_TRUE(removed);
  EXPECT_THAT(removed->untagged, ElementsAre("two:x"));
  EXPECT_THAT(removed->deleted, IsEmpty());

  // A container keeps it; by force the name goes and the image stays.
  RemoveOptions options;
  bool running = true;
  options.used = [&] { return Result<std::vector<UsedImage>>({{image->id.text(), "web", running}}); };
  options.force = true;
  EXPECT_THAT(remove_image(store_, "one", options).error().text(), HasSubstr("web"));
  running = false;
  ASSERT_TRUE(remove_image(store_, "one", options));
  EXPECT_THAT(list_images(store_)->at(0).names, IsEmpty());
  EXPECT_THAT(layers_of(*image), testing::SizeIs(1));
  ASSERT_TRUE(prune_images(store_, true, options.used));
  EXPECT_EQ(list_images(store_)->size(), 1U);
  ASSERT_TRUE(prune_images(store_, false, {}));
  EXPECT_THAT(*list_images(store_), IsEmpty());
  EXPECT_THAT(*list_directory(store_.root + "/layers"), IsEmpty());
  EXPECT_THAT(*list_directory(store_.root + "/blobs/sha256"), IsEmpty());
  EXPECT_THAT(*list_directory(store_.root + "/images"), IsEmpty());
}

TEST_F(ImageStore, AMovedNameLeavesADanglingImage) {
  Result<Image> first = imported({file("a", "1")}, "name");
  Result<Image> second = imported({file("a", "2")}, "name");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(find_image(store_, "name")->id, second->id);
  EXPECT_THAT(find_image(store_, first->id.hex)->names, IsEmpty());
  EXPECT_EQ(list_images(store_)->size(), 2U);
}

TEST_F(ImageStore, GarbageOfTheDeadGoesAndTheLivingKeepTheirs) {
  ASSERT_TRUE(put(tar_of({file("a")})));
  std::string dead = store_.root + "/tmp/dead00";
  ASSERT_EQ(::mkdir(dead.c_str(), 0700), 0);
  ASSERT_TRUE(write_file_atomically(dead + "/half", "x"));
  ASSERT_TRUE(write_file_atomically(store_.root + "/images/x.tmp123", "{\"na"));
  Digest id = digest_of(tar_of({file("a")}));
  {
    Result<Staging> living = Staging::open(store_);
    ASSERT_TRUE(living);
    EXPECT_FALSE(exists(dead));
    ASSERT_TRUE(living->want(std::span(&id, 1)));
    EXPECT_THAT(collect_garbage(store_)->deleted, IsEmpty());
  }
  EXPECT_THAT(collect_garbage(store_)->deleted, ElementsAre(id.text()));
  EXPECT_THAT(*list_directory(store_.root + "/images"), IsEmpty());
}

TEST_F(ImageStore, ImportsADirectoryFaithfully) {
  std::string tree = top_ + "/tree";
  ASSERT_TRUE(make_directories(tree + "/sub", 0750));
  ASSERT_TRUE(write_file_atomically(tree + "/sub/x", "content", 0640));
  ASSERT_EQ(::link((tree + "/sub/x").c_str(), (tree + "/y").c_str()), 0);
  ASSERT_EQ(::symlink("/nowhere", (tree + "/l").c_str()), 0);
  ASSERT_EQ(::mknod((tree + "/c").c_str(), S_IFCHR | 0600, makedev(5, 1)), 0);
  ASSERT_TRUE(write_file_atomically(tree + "/holes", ""));
  ASSERT_EQ(::truncate((tree + "/holes").c_str(), 10 << 20), 0);
  Result<Image> image = import_root(store_, tree, {});
  ASSERT_TRUE(image) << image.error().text();
  Result<Image> again = import_root(store_, tree, {});
  EXPECT_EQ(image_config(store_, *image)->diff_ids, image_config(store_, *again)->diff_ids);
  std::string at = layers_of(*image).at(0);
  EXPECT_EQ(status_of(at + "/sub/x").st_ino, status_of(at + "/y").st_ino);
  EXPECT_EQ(status_of(at + "/sub/x").st_mode & 07777, 0640U);
  EXPECT_EQ(status_of(at + "/sub").st_mode & 07777, 0750U);
  EXPECT_EQ(status_of(at + "/c").st_rdev, makedev(5, 1));
  EXPECT_EQ(status_of(at + "/holes").st_size, 10 << 20);
  EXPECT_LT(status_of(at + "/holes").st_blocks, 100);
  EXPECT_EQ(status_of(at + "/sub/x").st_mtim.tv_nsec, status_of(tree + "/sub/x").st_mtim.tv_nsec);
  ASSERT_TRUE(write_file_atomically(tree + "/.wh.x", ""));
  EXPECT_FALSE(import_root(store_, tree, {}));
}

TEST_F(ImageStore, NotAnImage) {
  std::string path = top_ + "/x.tar";
  ASSERT_TRUE(write_file_atomically(path, tar_of({file("a")})));
  Result<std::vector<LoadedImage>> loaded = load_archive(store_, path, {});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().hint, HasSubstr("import"));
  ASSERT_TRUE(write_file_atomically(path, std::string(5000, 'x')));
  EXPECT_FALSE(load_archive(store_, path, {}));
  ASSERT_TRUE(write_file_atomically(path, ""));
  EXPECT_FALSE(load_archive(store_, path, {}));
  EXPECT_EQ(load_archive(store_, top_ + "/none", {}).error().kind, Kind::not_found);
  EXPECT_FALSE(imported({}, "empty"));
}

TEST_F(ImageStore, LayersBelowOneAnotherGiveImpliedDirectoriesTheirMode) {
  Item tmp = directory("tmp");
  tmp.entry.mode = 01777;
  Result<UnpackedLayer> lower = put(tar_of({tmp}));
  ASSERT_TRUE(lower);
  std::string tar = tar_of({file("tmp/x")});
  Result<Staging> staging = Staging::open(store_);
  ASSERT_TRUE(staging);
  Result<UnpackedLayer> upper = unpack_produced_layer(
      store_, *staging, [&](const auto& sink) { return sink(tar); }, {}, std::span(&lower->layer.diff_id, 1));
  ASSERT_TRUE(upper) << upper.error().text();
  EXPECT_EQ(status_of(layer_directory(store_, upper->layer.diff_id) + "/diff/tmp").st_mode & 07777, 01777U);
}

} // namespace
} // namespace phial::image
