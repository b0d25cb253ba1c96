// What the files that compile mounts share. A new type of mount is a file of its own and a line in mount_steps.cpp.
#pragma once

#include "kernel/mounts.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

// "mounts[3]"
[[nodiscard]] std::string mount_field(std::size_t index);
// Attributes (MOUNT_ATTR_*) and the file system's options as mount(8) takes them: "nosuid,size=64k".
[[nodiscard]] std::string mount_words(const kernel::MountOptions& options, std::uint64_t attributes);
// "\"$root\"/proc": a path of the container for the shell form, before its root is in place.
[[nodiscard]] std::string in_root(std::string_view path);

// Emits fsopen, fsconfig and fsmount into the open step; the detached mount. fsopen(2).
// `inherit`: made by the host for the init to take.
Slot make_filesystem(Compiler& c, const std::string& type, const std::string& source,
                     const kernel::MountOptions& options, std::uint64_t attributes, bool inherit = false);

// An option for a file system, "size=64k" or a word. fsconfig(2).
void configure_filesystem(Compiler& c, Slot fs, const std::string& option);

// A tmpfs that begins as a copy of what it covers: made by the host, filled when the init has found its place.
void add_copied_source(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options, std::size_t index);
Slot add_copied_mount(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options, std::size_t index);

// "remount": another mount's attributes, or its file system's options, are changed.
[[nodiscard]] Result<> add_remount(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options,
                                   const std::string& field);

// Gives the mount other owners for the file system's, where the entry asks for that. mount_setattr(2).
[[nodiscard]] Result<> check_idmap(const Compiler& c, const spec::Linux& platform, const spec::Mount& mount,
                                   const kernel::MountOptions& options, const std::string& field);
void add_idmap(Compiler& c, const spec::Linux& platform, const spec::Mount& mount, const kernel::MountOptions& options,
               Slot source);

[[nodiscard]] Result<> add_bind_source(Compiler& c, const spec::Linux& platform, const spec::Mount& mount,
                                       const kernel::MountOptions& options, std::size_t index);
[[nodiscard]] Result<> add_bind_mount(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options,
                                      const std::string& field, std::size_t index);
[[nodiscard]] Result<> add_cgroup_mount(Compiler& c, const Request& request, const spec::Mount& mount,
                                        const kernel::MountOptions& options, const std::string& field);

} // namespace phial::runtime
