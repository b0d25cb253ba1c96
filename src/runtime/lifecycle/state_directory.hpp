// Where the OCI runtime keeps what it knows of its containers: ROOT/ID/, one directory a container, gone with `delete`.
//
//   container    who it is and where, the bundle's config.json as it was at create (later changes have no effect), and
//                the linked program for start, for the hooks afterwards and for the undo (stored.hpp)
//   journal      which process it has, and what the program's instructions gave, also written by phial-init
//   start        the socket at which a created container waits
//   config.json  the configuration once `update` has changed it
//
// A directory whose journal names no process is a container that is being made, or that a killed maker left.
//
// The lock is a flock(2) on the directory itself: whoever makes, starts or removes the container holds it, and it dies
// with its holder. Nothing here is readable by others.
#pragma once

#include "base/fd.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phial::runtime {

// Letters, digits, "_", "+", "-", "."; neither "." nor ".."; at most 255 bytes. Kind::usage.
[[nodiscard]] Result<> check_id(std::string_view id);

[[nodiscard]] std::string state_path(const std::string& root, const std::string& id);

// Makes the directory with the file `container` in it, and returns its lock. Kind::exists where there is such a
// container; what a killed maker left is undone and made anew.
struct StateParts { // of the file `container`
  std::string_view record;
  std::string_view config;
  std::string_view image;
};
[[nodiscard]] Result<Fd> make_state(const std::string& root, const std::string& id, const StateParts& parts);

// The lock of a container there is. Kind::not_found where there is none.
[[nodiscard]] Result<Fd> lock_state(const std::string& root, const std::string& id);

// Between the two the container is anybody's, to pause, change or delete, though its maker is still there. The second
// is false where it has been removed meanwhile; where it fails the lock is not ours, and nothing may be removed.
void let_go(const Fd& lock);
[[nodiscard]] Result<bool> take_back(const Fd& lock);

// Whether the journal at `path` names a process.
[[nodiscard]] Result<bool> has_process(const std::string& path);

// Undoes what the program of a directory without a running container left on the host, and removes the directory. The
// caller holds the lock.
[[nodiscard]] Result<> remove_state(const std::string& root, const std::string& id);
// Removes the files and the directory at `path` without undoing anything.
[[nodiscard]] Result<> forget_state(const std::string& path);

// The ids there are, sorted; none where the root does not exist.
[[nodiscard]] Result<std::vector<std::string>> list_ids(const std::string& root);

} // namespace phial::runtime
