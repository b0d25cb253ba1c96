#include "base/file.hpp"
#include "base/removal.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace phial {
namespace {

class Files : public testing::Test {
protected:
  Files() {
    char name[] = "/tmp/phial-files-XXXXXX";
    base_ = ::mkdtemp(name);
  }
  ~Files() override { (void)remove_tree_at(AT_FDCWD, base_); }
  std::string base_;
};

TEST_F(Files, ATreeOfAnyDepthIsRemovedWithFewDescriptors) {
  Fd at = *open_at(AT_FDCWD, base_, O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 3000; ++depth) {
    ASSERT_EQ(::mkdirat(at.get(), "deep-0", 0700), 0);
    ASSERT_TRUE(open_at(at.get(), "file", O_WRONLY | O_CREAT));
    at = *open_at(at.get(), "deep-0", O_RDONLY | O_DIRECTORY);
  }
  at.reset();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 128;
  ::setrlimit(RLIMIT_NOFILE, &few);
  Result<> removed = remove_tree_at(AT_FDCWD, base_);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(removed) << removed.error().text();
  EXPECT_FALSE(exists(base_));
}

TEST_F(Files, ATreeThatIsGoneOrAFileIsNoErrorToRemove) {
  EXPECT_TRUE(remove_tree_at(AT_FDCWD, base_ + "/nothing"));
  ASSERT_TRUE(write_file_atomically(base_ + "/file", "x"));
  EXPECT_TRUE(remove_tree_at(AT_FDCWD, base_ + "/file"));
  EXPECT_FALSE(exists(base_ + "/file"));
  ASSERT_EQ(::symlink("/tmp", (base_ + "/link").c_str()), 0);
  EXPECT_TRUE(remove_tree_at(AT_FDCWD, base_ + "/link"));
  EXPECT_TRUE(exists("/tmp"));
}

TEST_F(Files, ANewFileReplacesNothing) {
  ASSERT_TRUE(write_new_file(base_ + "/file", {"first"}));
  Result<> again = write_new_file(base_ + "/file", {"second"});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().number, EEXIST);
  EXPECT_EQ(read_file(base_ + "/file").value_or(""), "first");
}

TEST_F(Files, ADirectoryGoesWholeEvenWhereAnotherRemovalWasKilled) {
  ASSERT_TRUE(make_directories(base_ + "/a/b"));
  ASSERT_TRUE(make_directories(base_ + "/" + std::string(phial::kGoing) + "a/left"));
  EXPECT_TRUE(phial::remove_whole(base_ + "/a"));
  EXPECT_TRUE(list_directory(base_)->empty());
  EXPECT_TRUE(phial::remove_whole(base_ + "/a"));
}

TEST_F(Files, WhatIsBeingMadeIsNobodysLeftover) {
  std::string path = base_ + "/unfinished-x";
  Fd making = *phial::make_locked_directory(path);
  EXPECT_FALSE(phial::try_lock_directory(path));
  making.reset();
  EXPECT_TRUE(phial::try_lock_directory(path));
  EXPECT_FALSE(phial::try_lock_directory(base_ + "/nothing"));
}

} // namespace
} // namespace phial
