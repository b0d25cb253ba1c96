// Users and groups of a root filesystem: /etc/passwd and /etc/group as text, and who docker's "-u name:group" is.
// Pure: the caller opens the files safely (inside the root, regular files only) and caps their size. The files are the
// image's and may be hostile: rows that make no sense are skipped, and a number is never looked up as a name.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::spec {

// The largest id a process may be given: setresuid(2) takes -1 for "unchanged", and ids beyond 2^31-1 were read as
// negative by too many programs.
inline constexpr std::uint32_t kMaxId = 2147483646;

// What is read of a file at most; a longer row is skipped.
inline constexpr std::size_t kMaxUserFile = std::size_t{1} << 20;
inline constexpr std::size_t kMaxUserRow = std::size_t{64} << 10;

struct PasswdEntry {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string home;
  std::string shell;
};

struct GroupEntry {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;
};

// passwd(5), group(5). Rows with too few fields, without a name, with ids that are no numbers or too large are left
// out.
[[nodiscard]] std::vector<PasswdEntry> parse_passwd(std::string_view text);
[[nodiscard]] std::vector<GroupEntry> parse_group(std::string_view text);

struct ResolvedUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> additional_gids; // sorted, each once, the primary group among them
  std::string home = "/";
  std::string name; // empty where the uid has no row
};

// Who `user` is: "", "name", "uid", "name:group", "uid:gid" and mixtures, as docker's -u and an image's USER have it.
//  - "" is uid 0;
//  - what consists of digits is a number, whatever the rows are called; 0x…, signs and blanks are no numbers;
//  - a number without a row has gid 0 and home /;
//  - a group that is given replaces the user's own ones; else they are all groups that have the user as a member;
//  - `extra` are names or numbers of further groups (--group-add).
// Errors: Kind::input with docker's meaning ("no such user"), and the nearest name as a hint.
[[nodiscard]] Result<ResolvedUser> resolve_user(std::string_view user, std::string_view passwd_text,
                                                std::string_view group_text,
                                                const std::vector<std::string>& extra = {});

} // namespace phial::spec
