#include "runtime/program_file.hpp"

#include "sample_elf.hpp"

#include <gtest/gtest.h>

namespace phial::runtime {
namespace {

ReadAt bytes_of(std::string bytes) {
  return [bytes = std::move(bytes)](std::uint64_t offset, std::size_t size) {
    return offset >= bytes.size() ? std::string() : bytes.substr(offset, size);
  };
}

TEST(ProgramFile, LoaderAndLibraries) {
  ReadAt read = bytes_of(sample_elf({.interpreter = "/lib64/ld-linux-x86-64.so.2",
                                     .needed = {"libc.so.6", "libz.so.1"},
                                     .runpath = "$ORIGIN/../lib"}));
  Result<Elf> elf = read_elf(read);
  ASSERT_TRUE(elf) << elf.error().text();
  EXPECT_EQ(elf->interpreter, "/lib64/ld-linux-x86-64.so.2");
  EXPECT_TRUE(elf->wide);
  EXPECT_EQ(architecture_name(*elf), "amd64");
  Result<ElfNeeds> needs = read_elf_needs(read, *elf);
  ASSERT_TRUE(needs);
  EXPECT_EQ(needs->libraries, (std::vector<std::string>{"libc.so.6", "libz.so.1"}));
  EXPECT_EQ(needs->runpath, "$ORIGIN/../lib");
  EXPECT_EQ(needs->rpath, "");
}

TEST(ProgramFile, StaticHasNoLoader) {
  Result<Elf> elf = read_elf(bytes_of(sample_elf({.machine = 183, .type = 2})));
  ASSERT_TRUE(elf);
  EXPECT_FALSE(elf->interpreter);
  EXPECT_FALSE(elf->dynamic);
  EXPECT_EQ(architecture_name(*elf), "arm64");
}

// Cut off anywhere, it is refused or read, never more than that.
TEST(ProgramFile, TruncatedAnywhere) {
  std::string whole = sample_elf({.interpreter = "/lib/ld.so", .needed = {"libc.so.6"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ReadAt read = bytes_of(whole.substr(0, size));
    Result<Elf> elf = read_elf(read);
    if (size < 64 + 3 * 56 + 11) {
      EXPECT_FALSE(elf) << size;
    } else {
      ASSERT_TRUE(elf) << size;
      (void)read_elf_needs(read, *elf);
    }
  }
  EXPECT_EQ(read_elf(bytes_of(whole.substr(0, 40))).error().message, "ends within its ELF header, after 40 bytes");
  EXPECT_EQ(read_elf(bytes_of(whole.substr(0, 100))).error().message, "ends before its program headers");
  EXPECT_EQ(read_elf(bytes_of(whole.substr(0, 235))).error().message, "ends before the name of its loader");
}

TEST(ProgramFile, EveryByteMayLie) {
  const std::string whole = sample_elf({.interpreter = "/lib/ld.so", .needed = {"libc.so.6"}, .runpath = "/opt"});
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (char value : {'\0', '\x01', '\x7f', '\xff'}) {
      std::string bytes = whole;
      bytes[at] = value;
      ReadAt read = bytes_of(bytes);
      if (Result<Elf> elf = read_elf(read))
        (void)read_elf_needs(read, *elf);
    }
}

TEST(ProgramFile, FirstLineOfAScript) {
  auto parsed = [](std::string_view text) {
    std::optional<Shebang> out = parse_shebang(text);
    return out ? out->interpreter + "|" + out->argument : std::string("none");
  };
  EXPECT_EQ(parsed("#!/bin/sh\necho\n"), "/bin/sh|");
  EXPECT_EQ(parsed("#! \t/bin/sh  -e x \t\n"), "/bin/sh|-e x");
  EXPECT_EQ(parsed("#!/usr/bin/env python3"), "/usr/bin/env|python3");
  EXPECT_EQ(parsed("#!/bin/sh\r\n"), "/bin/sh\r|");
  EXPECT_EQ(parsed("#!\n"), "|");
  EXPECT_EQ(parsed("#!"), "|");
  EXPECT_EQ(parsed("#"), "none");
  EXPECT_EQ(parsed(" #!/bin/sh\n"), "none");
}

TEST(ProgramFile, Strangers) {
  EXPECT_EQ(describe_stranger("").what, "is empty");
  EXPECT_EQ(describe_stranger("MZ\x90").what, "is a Windows program");
  EXPECT_EQ(describe_stranger("echo hello\n").what, "is a text without a #! line, and no ELF program");
  EXPECT_NE(describe_stranger("\xef\xbb\xbf#!/bin/sh\n").what.find("byte order mark"), std::string_view::npos);
  EXPECT_EQ(describe_stranger("\x01\x02").what, "is neither an ELF program nor a script with a #! line");
}

} // namespace
} // namespace phial::runtime
