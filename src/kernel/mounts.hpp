// Mount options: every word of the runtime specification's list, what it sets or clears, and the parsing of a list.
// Facts and parsing only; how a mount is made is the runtime's business.
#pragma once

#include "base/error.hpp"
#include "base/fixed_text.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

// Where the effect of an option goes.
enum class MountEffect : std::uint8_t {
  none,        // "defaults", "relatime" where that is what the kernel does anyway
  attribute,   // of the mount: MOUNT_ATTR_*, per mount point
  super,       // of the file system: fsconfig flag, or MS_* of mount(2)
  both,        // "ro" and "rw": of the mount, and of a file system that is made for it
  propagation, // MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE
  bind,
  remount,
  tmpcopyup, // the tmpfs begins as a copy of what it covers
  idmap,
};

struct MountOptionFacts {
  FixedText<15> name;
  MountEffect effect;
  bool set;       // false: the option clears the bits
  bool recursive; // the r-form: of the whole tree below
  std::uint64_t ms_bit;
  std::uint64_t attr_bit;     // MOUNT_ATTR_*, 0 where the new interface has none
  FixedText<15> super_option; // fsconfig's FSCONFIG_SET_FLAG key, or empty
};

// Sorted by name; `features` prints the names.
[[nodiscard]] std::span<const MountOptionFacts> mount_options();
[[nodiscard]] const MountOptionFacts* find_mount_option(std::string_view name);

enum class Idmap : std::uint8_t { none, plain, recursive };

// What a list of options comes to; later words override earlier ones.
struct MountOptions {
  bool bind = false;           // "bind" or "rbind"
  bool recursive_bind = false; // "rbind"
  bool remount = false;
  // For mount_setattr(2); a bit of the access time's field comes with MOUNT_ATTR__ATIME in the clear mask, as the
  // kernel demands.
  std::uint64_t attr_set = 0;
  std::uint64_t attr_clear = 0;
  std::uint64_t recursive_attr_set = 0;
  std::uint64_t recursive_attr_clear = 0;
  // Of the file system, as MS_* bits: MS_RDONLY, MS_SYNCHRONOUS, MS_DIRSYNC, MS_MANDLOCK, MS_LAZYTIME, MS_SILENT,
  // MS_I_VERSION, MS_POSIXACL. Not for bind mounts.
  std::uint64_t super_set = 0;
  std::uint64_t super_clear = 0;
  std::uint64_t propagation = 0; // one MS_* type, or 0
  bool recursive_propagation = false;
  bool tmpcopyup = false;
  Idmap idmap = Idmap::none;
  std::vector<std::string> data; // for the file system itself: "size=64k", "hidepid=2", "newinstance"

  // The same attributes as flags of mount(2), for the clear text of a program and for the shell.
  [[nodiscard]] std::uint64_t ms_flags() const;
  // The words for fsconfig's FSCONFIG_SET_FLAG: "ro", "sync", …
  [[nodiscard]] std::vector<std::string_view> super_options() const;
  // `data` as mount(2) takes it: joined by commas.
  [[nodiscard]] std::string data_string() const;
};

// Never fails on an unknown word: that is the file system's to judge. Kind::input where the words contradict each
// other ("bind" with "tmpcopyup") or one is empty.
[[nodiscard]] Result<MountOptions> parse_mount_options(std::span<const std::string> options);

// "rshared", "slave" and their kin, as linux.rootfsPropagation has them: the MS_* type, MS_REC with the r-forms.
[[nodiscard]] Result<std::uint64_t> parse_propagation(std::string_view word);

// "nosuid,nodev,noexec,relatime" for MOUNT_ATTR_* bits: words that mount(8) takes.
[[nodiscard]] std::string format_mount_attributes(std::uint64_t attributes);

// A file system's type as an entry of config.json may have it: "bind" and "none" with bind options are a bind mount.
[[nodiscard]] inline bool is_bind(std::string_view type, const MountOptions& options) {
  return options.bind || type == "bind";
}

} // namespace phial::kernel
