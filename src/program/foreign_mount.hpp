// A mount of another process's mount namespace, cloned. Host's side.
#pragma once

namespace phial::program {

// A detached clone of the mount at `path` in the mount namespace `space`, a descriptor of it, with all mounts below it
// where `recursive`; or a negative errno. The kernel clones only mounts of the caller's own namespace, so a child goes
// there, and leaves us the descriptor, which is not O_CLOEXEC. The path is resolved in there: its links lead nowhere
// else. open_tree(2), setns(2).
[[nodiscard]] long clone_foreign_mount(int space, const char* path, bool recursive);

} // namespace phial::program
