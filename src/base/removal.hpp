// Directories that come and go whole, and whose maker or remover may be killed at any moment: while one is being made
// or removed it stands beside its place under another name, locked by whoever works on it. The monitor links this file.
#pragma once

#include "base/fd.hpp"

#include <string>
#include <string_view>

namespace phial {

// The names' beginnings. What has one of them and is locked by nobody is what a killed process left.
inline constexpr std::string_view kUnfinished = "unfinished-"; // being made
inline constexpr std::string_view kGoing = "going-";           // being removed

// mkdir(2), mode 0700, and an exclusive flock(2) on the directory itself, held until the Fd is closed.
[[nodiscard]] Result<Fd> make_locked_directory(const std::string& path);

// The lock of such a directory, waiting for its holder. Kind::not_found where it does not exist or is removed
// meanwhile.
[[nodiscard]] Result<Fd> lock_directory(const std::string& path);

// The same, not waiting: an empty Fd where somebody holds it or it is gone.
[[nodiscard]] Fd try_lock_directory(const std::string& path);

// Moves PARENT/NAME to PARENT/going-NAME and removes it there. Nobody who comes by its path meanwhile finds the half of
// it or puts something new into it. What is already gone is no error.
[[nodiscard]] Result<> remove_whole(const std::string& parent, const std::string& name);

// The same of a path.
[[nodiscard]] Result<> remove_whole(const std::string& path);

} // namespace phial
