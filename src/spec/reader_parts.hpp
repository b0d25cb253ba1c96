// The parts of the config.json reader, one file each; only reader.cpp and its siblings include this.
#pragma once

#include "spec/cursor.hpp"
#include "spec/types.hpp"

namespace phial::spec {

void read(const Cursor& at, Process& out);                 // read_process.cpp
void read(const Cursor& at, Mount& out);                   // read_mounts.cpp
void read(const Cursor& at, Hooks& out);                   // read_mounts.cpp
void read(const Cursor& at, IdMapping& out);               // read_mounts.cpp
void read(const Cursor& at, Linux& out);                   // read_linux.cpp
void read(const Cursor& at, kernel::Resources& out);       // read_resources.cpp
void read(const Cursor& at, kernel::SeccompProfile& out);  // read_seccomp.cpp
void read(const Cursor& at, kernel::SeccompArgument& out); // read_seccomp.cpp
void read_actions(const Cursor& at, kernel::SeccompAction& action, std::string_view key,
                  std::optional<std::uint32_t>& number, std::string_view number_key); // read_seccomp.cpp

// The member is an absolute path, if it is there.
void check_absolute(const Cursor& at, std::string_view key, const std::string& path);

} // namespace phial::spec
