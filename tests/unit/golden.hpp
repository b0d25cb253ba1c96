// Texts that a test compares with a file below tests/data. With PHIAL_GOLDEN=write in the environment the files are
// written instead; then read the difference before committing it.
#pragma once

#include <string>
#include <string_view>

namespace phial {

// Fails the running test where `actual` is not what the file holds.
void expect_golden(std::string_view actual, const std::string& file);

} // namespace phial
