// /proc/PID/mountinfo: the parser. Pure.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

// One line; proc_pid_mountinfo(5). Paths and options are unescaped.
struct MountInfo {
  int id = 0;
  int parent = 0;
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::string root;  // the part of the file system that is mounted
  std::string point; // where, as seen from the reader's root
  std::vector<std::string> options;
  std::optional<int> shared; // peer group
  std::optional<int> master; // peer group that it receives from
  std::optional<int> propagate_from;
  bool unbindable = false;
  std::string type;
  std::string source;
  std::vector<std::string> super_options;

  [[nodiscard]] bool has_option(std::string_view option) const;
  [[nodiscard]] bool has_super_option(std::string_view option) const;
};

// "\040" and its kin back to the bytes they stand for. mountinfo escapes space, tab, newline and backslash; '#' too
// on newer kernels.
[[nodiscard]] std::string unescape_octal(std::string_view text);

// Every line of the file, in its order. Kind::input with the number of a line that is not one.
[[nodiscard]] Result<std::vector<MountInfo>> parse_mountinfo(std::string_view text);

// The mount that `path` (absolute, free of links) lies on: the last one mounted over the longest prefix of it. nullptr
// where no line covers it.
[[nodiscard]] const MountInfo* find_mount(const std::vector<MountInfo>& mounts, std::string_view path);

} // namespace phial::kernel
