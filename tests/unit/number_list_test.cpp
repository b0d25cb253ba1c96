#include "kernel/number_list.hpp"

#include <gtest/gtest.h>

namespace phial::kernel {
namespace {

TEST(NumberList, ReadsRangesAndSingleNumbers) {
  EXPECT_EQ(parse_number_list("0-3,7").value(), std::vector<std::uint64_t>{0x8f});
  EXPECT_EQ(parse_number_list(" 1 , 64-65 ").value(), (std::vector<std::uint64_t>{2, 3}));
  EXPECT_TRUE(parse_number_list("").value().empty());
  EXPECT_TRUE(parse_number_list(" ").value().empty());
}

TEST(NumberList, RefusesWhatIsNone) {
  for (const char* text : {"x", "3-1", "1,,2", "-1", "1-", "8192", "0-99999999999", "1;2"})
    EXPECT_FALSE(parse_number_list(text)) << text;
}

TEST(NumberList, WritesTheShortestForm) {
  EXPECT_EQ(format_number_list(parse_number_list("3,1,2,0,7,63,64").value()), "0-3,7,63-64");
  EXPECT_EQ(format_number_list({}), "");
}

} // namespace
} // namespace phial::kernel
