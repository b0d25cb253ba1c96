#include "runtime/lifecycle/stored.hpp"

#include "base/file.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <stdlib.h>

namespace phial::runtime {

namespace {

struct Directory {
  Directory() { path = ::mkdtemp(path.data()); }
  ~Directory() { (void)remove_tree_at(AT_FDCWD, path); }
  std::string path = "/tmp/phial-stored-XXXXXX";
};

} // namespace

TEST(Stored, ComesBackAsItWasWritten) {
  Directory at;
  std::string image("PHIL\0\n\n7 9\n", 11);
  ASSERT_TRUE(write_stored(at.path, R"({"id":"a"})", "{\n \"root\": {}\n}\n", image));
  Result<Stored> stored = read_stored(at.path);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->config(), "{\n \"root\": {}\n}\n");
  EXPECT_EQ(stored->image(), image);
  EXPECT_EQ(read_stored_record(at.path).value(), R"({"id":"a"})");
  EXPECT_EQ(write_stored(at.path, "{}", "", "").error().kind, Kind::exists);
}

TEST(Stored, ALongRecordIsReadWhole) {
  Directory at;
  std::string record(9000, 'r');
  ASSERT_TRUE(write_stored(at.path, record, "{}", "i"));
  EXPECT_EQ(read_stored_record(at.path).value(), record);
}

TEST(Stored, WhatIsCutShortOrChangedIsDamagedAndNeverRead) {
  Directory at;
  ASSERT_TRUE(write_stored(at.path, R"({"id":"a"})", "{\"root\": 1}", "an image, and its texts"));
  std::string whole = read_file(at.path + "/container").value();
  ASSERT_TRUE(parse_stored(whole, "f"));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parse_stored(whole.substr(0, size), "f").error().message, "f is damaged") << size;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(parse_stored(changed, "f")) << bit;
  }
  EXPECT_FALSE(parse_stored(whole + "x", "f"));
}

} // namespace phial::runtime
