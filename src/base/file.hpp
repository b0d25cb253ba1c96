// Whole files and directory trees on the host's side: read, write atomically, list, remove.
// Paths here are the host's own; nothing in this file is safe under a root somebody else controls.
#pragma once

#include "base/fd.hpp"

#include <sys/stat.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace phial {

inline constexpr std::size_t kFileLimit = std::size_t{64} << 20;

// openat(2) with O_CLOEXEC added.
[[nodiscard]] Result<Fd> open_at(int directory, const std::string& path, int flags, mode_t mode = 0);

// Everything that can be read from `fd`, at most `limit` bytes (more is an error of Kind::input).
[[nodiscard]] Result<std::string> read_all(int fd, std::size_t limit = kFileLimit);
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit = kFileLimit);
[[nodiscard]] Result<std::string> read_file_at(int directory, const std::string& path, std::size_t limit = kFileLimit);

// What one read(2) of less than 16 KiB gives, without blanks around it: for files that the kernel gives
// whole.
[[nodiscard]] Result<std::string> read_value(const std::string& path);

// Writes all of `bytes`, resuming after short writes and EINTR.
[[nodiscard]] Result<> write_all(int fd, std::string_view bytes);

// Replaces `path` by a file with these bytes: a temporary name beside it, fsync where `durable`, rename(2).
// Readers see the old file or the new one, never a part.
[[nodiscard]] Result<> write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode = 0600,
                                             bool durable = false);

// Writes a file of mode 0600 that is not there yet, of these parts in a row; what came of it stays where that fails.
[[nodiscard]] Result<> write_new_file(const std::string& path, std::initializer_list<std::string_view> parts);

// The names in a directory, without "." and "..", sorted.
[[nodiscard]] Result<std::vector<std::string>> list_directory(const std::string& path);

// mkdir -p; directories that are made get `mode`.
[[nodiscard]] Result<> make_directories(const std::string& path, mode_t mode = 0700);

// rm -rf of `name` below `directory` (AT_FDCWD allowed), by descriptors, never following a link and never leaving the
// file system it began on. What is already gone is no error.
[[nodiscard]] Result<> remove_tree_at(int directory, const std::string& name);

[[nodiscard]] bool exists(const std::string& path);

// readlink(2).
[[nodiscard]] Result<std::string> read_link(const std::string& path);

// An exclusive flock(2) on `path` (created if need be), held until the Fd is closed. Dies with its holder.
[[nodiscard]] Result<Fd> lock_file(const std::string& path);
// The same without waiting; an empty Fd says somebody else holds it.
[[nodiscard]] Result<Fd> try_lock_file(const std::string& path);

} // namespace phial
