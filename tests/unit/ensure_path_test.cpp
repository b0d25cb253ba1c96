// Making what is missing of a container's path, whatever links the image has. No root needed.
#include "base/file.hpp"
#include "program/ensure_path.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace phial::program {
namespace {

constexpr std::uint64_t kFile = S_IFREG | 0644;

class EnsurePath : public testing::Test {
protected:
  EnsurePath() {
    char name[] = "/tmp/phial-ensure-XXXXXX";
    base_ = ::mkdtemp(name);
    EXPECT_TRUE(make_directories(base_ + "/root"));
    root_ = *open_at(AT_FDCWD, base_ + "/root", O_PATH | O_DIRECTORY);
  }
  ~EnsurePath() override { (void)remove_tree_at(AT_FDCWD, base_); }

  // Where the object lies below the root, as "/a/b", or the errno's name.
  std::string ensured(const std::string& path, std::uint64_t file = 0) {
    const std::uint64_t args[] = {static_cast<std::uint64_t>(root_.get()),
                                  reinterpret_cast<std::uint64_t>(path.c_str()), file};
    long result = ensure_path(args);
    if (result < 0)
      return ::strerrorname_np(static_cast<int>(-result));
    Fd at(static_cast<int>(result));
    std::string place = read_link("/proc/self/fd/" + std::to_string(at.get())).value_or("");
    std::string top = base_ + "/root";
    return place.starts_with(top) ? place.substr(top.size()) : "outside: " + place;
  }
  void link(const std::string& at, const std::string& to) {
    ASSERT_EQ(::symlink(to.c_str(), (base_ + "/root" + at).c_str()), 0);
  }
  [[nodiscard]] mode_t mode(const std::string& path) const {
    struct stat status{};
    return ::lstat((base_ + path).c_str(), &status) == 0 ? status.st_mode : 0;
  }

  std::string base_;
  Fd root_;
};

TEST_F(EnsurePath, WhatIsMissingIsMade) {
  mode_t before = ::umask(0);
  EXPECT_EQ(ensured("a/b/c"), "/a/b/c");
  EXPECT_EQ(ensured("a/b/d/file", kFile), "/a/b/d/file");
  ::umask(before);
  EXPECT_EQ(mode("/root/a/b/c"), mode_t{S_IFDIR | 0755});
  EXPECT_EQ(mode("/root/a/b/d/file"), mode_t{kFile});
  EXPECT_EQ(ensured("a/b/d/file", kFile), "/a/b/d/file");
  EXPECT_EQ(ensured("//x//y/"), "/x/y");
  EXPECT_EQ(ensured(""), "");
}

TEST_F(EnsurePath, ALinkToNothingStandsForWhatItNames) {
  ASSERT_TRUE(make_directories(base_ + "/root/etc"));
  link("/etc/resolv.conf", "../run/resolve/stub.conf");
  EXPECT_EQ(ensured("etc/resolv.conf", kFile), "/run/resolve/stub.conf");
  EXPECT_TRUE(S_ISREG(mode("/root/run/resolve/stub.conf")));
  EXPECT_TRUE(S_ISLNK(mode("/root/etc/resolv.conf")));
  link("/var", "/private/var");
  EXPECT_EQ(ensured("var/lib/data"), "/private/var/lib/data");
  link("/one", "two/");
  link("/two", "three");
  link("/three", "etc/deep");
  EXPECT_EQ(ensured("one/x"), "/etc/deep/x");
}

TEST_F(EnsurePath, NoLinkLeadsOut) {
  ASSERT_TRUE(make_directories(base_ + "/outside"));
  link("/up", "../../../../outside/made");
  link("/absolute", base_ + "/outside/made");
  link("/there", "../outside");
  EXPECT_EQ(ensured("up"), "/outside/made");
  EXPECT_EQ(ensured("absolute/x"), base_ + "/outside/made/x");
  EXPECT_EQ(ensured("there/y"), "/outside/y");
  EXPECT_EQ(list_directory(base_ + "/outside")->size(), 0U);
}

TEST_F(EnsurePath, ALinkToWhatIsThereIsFollowed) {
  ASSERT_TRUE(make_directories(base_ + "/root/real"));
  link("/way", "real");
  EXPECT_EQ(ensured("way/below"), "/real/below");
  EXPECT_EQ(ensured("way"), "/real");
}

TEST_F(EnsurePath, WhatCannotBeIsRefused) {
  link("/self", "self");
  link("/a", "b");
  link("/b", "a/c");
  ASSERT_TRUE(write_new_file(base_ + "/root/file", {""}));
  EXPECT_EQ(ensured("self"), "ELOOP");
  EXPECT_EQ(ensured("b/x"), "ELOOP");
  EXPECT_EQ(ensured("file/x"), "ENOTDIR");
  EXPECT_EQ(ensured("file"), "ENOTDIR");
  EXPECT_EQ(ensured(std::string(5000, 'x')), "ENAMETOOLONG");
  // Links that grow with every step end too.
  link("/grows", "more/grows2/" + std::string(200, 'y'));
  ASSERT_TRUE(make_directories(base_ + "/root/more"));
  link("/more/grows2", "../grows/" + std::string(200, 'z'));
  EXPECT_EQ(ensured("grows"), "ELOOP");
}

} // namespace
} // namespace phial::program
