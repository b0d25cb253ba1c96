#include "golden.hpp"

#include "base/file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace phial {

void expect_golden(std::string_view actual, const std::string& file) {
  std::string path = std::string(PHIAL_TEST_DATA) + "/" + file;
  if (const char* mode = std::getenv("PHIAL_GOLDEN"); mode != nullptr && std::string_view(mode) == "write") {
    ASSERT_TRUE(write_file_atomically(path, actual, 0644));
    return;
  }
  Result<std::string> expected = read_file(path);
  ASSERT_TRUE(expected) << expected.error().text();
  EXPECT_EQ(*expected, actual) << "differs from " << path;
}

} // namespace phial
