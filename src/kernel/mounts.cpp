#include "kernel/mounts.hpp"

#include "base/text.hpp"
#include "kernel/kabi.hpp"

#include <algorithm>
#include <functional>

namespace phial::kernel {

namespace {

using enum MountEffect;

constexpr std::uint64_t kNoAtime = MOUNT_ATTR_NOATIME;
constexpr std::uint64_t kStrictAtime = MOUNT_ATTR_STRICTATIME;

// clang-format off
constexpr MountOptionFacts kOptions[] = {
    // name            effect       set    rec    MS_ bit          MOUNT_ATTR_ bit         fsconfig
    {"acl",            super,       true,  false, MS_POSIXACL,     0,                      ""},
    {"async",          super,       false, false, MS_SYNCHRONOUS,  0,                      "sync"},
    {"atime",          attribute,   false, false, MS_NOATIME,      kNoAtime,               ""},
    {"bind",           bind,        true,  false, MS_BIND,         0,                      ""},
    {"defaults",       none,        true,  false, 0,               0,                      ""},
    {"dev",            attribute,   false, false, MS_NODEV,        MOUNT_ATTR_NODEV,       ""},
    {"diratime",       attribute,   false, false, MS_NODIRATIME,   MOUNT_ATTR_NODIRATIME,  ""},
    {"dirsync",        super,       true,  false, MS_DIRSYNC,      0,                      "dirsync"},
    {"exec",           attribute,   false, false, MS_NOEXEC,       MOUNT_ATTR_NOEXEC,      ""},
    {"idmap",          idmap,       true,  false, 0,               MOUNT_ATTR_IDMAP,       ""},
    {"iversion",       super,       true,  false, MS_I_VERSION,    0,                      ""},
    {"lazytime",       super,       true,  false, MS_LAZYTIME,     0,                      "lazytime"},
    {"loud",           super,       false, false, MS_SILENT,       0,                      ""},
    {"mand",           super,       true,  false, MS_MANDLOCK,     0,                      "mand"},
    {"noacl",          super,       false, false, MS_POSIXACL,     0,                      ""},
    {"noatime",        attribute,   true,  false, MS_NOATIME,      kNoAtime,               ""},
    {"nodev",          attribute,   true,  false, MS_NODEV,        MOUNT_ATTR_NODEV,       ""},
    {"nodiratime",     attribute,   true,  false, MS_NODIRATIME,   MOUNT_ATTR_NODIRATIME,  ""},
    {"noexec",         attribute,   true,  false, MS_NOEXEC,       MOUNT_ATTR_NOEXEC,      ""},
    {"noiversion",     super,       false, false, MS_I_VERSION,    0,                      ""},
    {"nolazytime",     super,       false, false, MS_LAZYTIME,     0,                      "lazytime"},
    {"nomand",         super,       false, false, MS_MANDLOCK,     0,                      "mand"},
    {"norelatime",     none,        false, false, MS_RELATIME,     0,                      ""},
    {"nostrictatime",  attribute,   false, false, MS_STRICTATIME,  kStrictAtime,           ""},
    {"nosuid",         attribute,   true,  false, MS_NOSUID,       MOUNT_ATTR_NOSUID,      ""},
    {"nosymfollow",    attribute,   true,  false, MS_NOSYMFOLLOW,  MOUNT_ATTR_NOSYMFOLLOW, ""},
    {"private",        propagation, true,  false, MS_PRIVATE,      0,                      ""},
    {"ratime",         attribute,   false, true,  MS_NOATIME,      kNoAtime,               ""},
    {"rbind",          bind,        true,  true,  MS_BIND,         0,                      ""},
    {"rdev",           attribute,   false, true,  MS_NODEV,        MOUNT_ATTR_NODEV,       ""},
    {"rdiratime",      attribute,   false, true,  MS_NODIRATIME,   MOUNT_ATTR_NODIRATIME,  ""},
    {"relatime",       attribute,   true,  false, MS_RELATIME,     MOUNT_ATTR_RELATIME,    ""},
    {"remount",        remount,     true,  false, MS_REMOUNT,      0,                      ""},
    {"rexec",          attribute,   false, true,  MS_NOEXEC,       MOUNT_ATTR_NOEXEC,      ""},
    {"ridmap",         idmap,       true,  true,  0,               MOUNT_ATTR_IDMAP,       ""},
    {"rnoatime",       attribute,   true,  true,  MS_NOATIME,      kNoAtime,               ""},
    {"rnodev",         attribute,   true,  true,  MS_NODEV,        MOUNT_ATTR_NODEV,       ""},
    {"rnodiratime",    attribute,   true,  true,  MS_NODIRATIME,   MOUNT_ATTR_NODIRATIME,  ""},
    {"rnoexec",        attribute,   true,  true,  MS_NOEXEC,       MOUNT_ATTR_NOEXEC,      ""},
    {"rnorelatime",    none,        false, true,  MS_RELATIME,     0,                      ""},
    {"rnostrictatime", attribute,   false, true,  MS_STRICTATIME,  kStrictAtime,           ""},
    {"rnosuid",        attribute,   true,  true,  MS_NOSUID,       MOUNT_ATTR_NOSUID,      ""},
    {"rnosymfollow",   attribute,   true,  true,  MS_NOSYMFOLLOW,  MOUNT_ATTR_NOSYMFOLLOW, ""},
    {"ro",             both,        true,  false, MS_RDONLY,       MOUNT_ATTR_RDONLY,      "ro"},
    {"rprivate",       propagation, true,  true,  MS_PRIVATE,      0,                      ""},
    {"rrelatime",      attribute,   true,  true,  MS_RELATIME,     MOUNT_ATTR_RELATIME,    ""},
    {"rro",            attribute,   true,  true,  MS_RDONLY,       MOUNT_ATTR_RDONLY,      ""},
    {"rrw",            attribute,   false, true,  MS_RDONLY,       MOUNT_ATTR_RDONLY,      ""},
    {"rshared",        propagation, true,  true,  MS_SHARED,       0,                      ""},
    {"rslave",         propagation, true,  true,  MS_SLAVE,        0,                      ""},
    {"rstrictatime",   attribute,   true,  true,  MS_STRICTATIME,  kStrictAtime,           ""},
    {"rsuid",          attribute,   false, true,  MS_NOSUID,       MOUNT_ATTR_NOSUID,      ""},
    {"rsymfollow",     attribute,   false, true,  MS_NOSYMFOLLOW,  MOUNT_ATTR_NOSYMFOLLOW, ""},
    {"runbindable",    propagation, true,  true,  MS_UNBINDABLE,   0,                      ""},
    {"rw",             both,        false, false, MS_RDONLY,       MOUNT_ATTR_RDONLY,      "ro"},
    {"shared",         propagation, true,  false, MS_SHARED,       0,                      ""},
    {"silent",         super,       true,  false, MS_SILENT,       0,                      ""},
    {"slave",          propagation, true,  false, MS_SLAVE,        0,                      ""},
    {"strictatime",    attribute,   true,  false, MS_STRICTATIME,  kStrictAtime,           ""},
    {"suid",           attribute,   false, false, MS_NOSUID,       MOUNT_ATTR_NOSUID,      ""},
    {"symfollow",      attribute,   false, false, MS_NOSYMFOLLOW,  MOUNT_ATTR_NOSYMFOLLOW, ""},
    {"sync",           super,       true,  false, MS_SYNCHRONOUS,  0,                      "sync"},
    {"tmpcopyup",      tmpcopyup,   true,  false, 0,               0,                      ""},
    {"unbindable",     propagation, true,  false, MS_UNBINDABLE,   0,                      ""},
};
// clang-format on

static_assert(std::ranges::is_sorted(kOptions, {}, &MountOptionFacts::name));

struct AttributeWord {
  std::uint64_t attr;
  std::uint64_t ms;
  std::string_view word;
};
constexpr AttributeWord kAttributeWords[] = {
    {MOUNT_ATTR_RDONLY, MS_RDONLY, "ro"},
    {MOUNT_ATTR_NOSUID, MS_NOSUID, "nosuid"},
    {MOUNT_ATTR_NODEV, MS_NODEV, "nodev"},
    {MOUNT_ATTR_NOEXEC, MS_NOEXEC, "noexec"},
    {MOUNT_ATTR_NOATIME, MS_NOATIME, "noatime"},
    {MOUNT_ATTR_STRICTATIME, MS_STRICTATIME, "strictatime"},
    {MOUNT_ATTR_NODIRATIME, MS_NODIRATIME, "nodiratime"},
    {MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW, "nosymfollow"},
    {MOUNT_ATTR_IDMAP, 0, "idmapped"},
};

// Applies one attribute to a pair of masks. The access time is a field of three values: whichever is chosen, the
// kernel wants the whole field cleared first.
void apply_attribute(const MountOptionFacts& option, std::uint64_t& set, std::uint64_t& clear) {
  constexpr std::uint64_t kField = MOUNT_ATTR__ATIME;
  bool access_time = option.attr_bit == MOUNT_ATTR_RELATIME || (option.attr_bit & kField) != 0;
  if (access_time) {
    // "atime" after "strictatime" leaves strictatime alone: it takes back noatime only.
    if (!option.set && (set & kField) != 0 && (set & kField) != option.attr_bit)
      return;
    set &= ~kField;
    clear |= kField;
    if (option.set)
      set |= option.attr_bit;
  } else if (option.set) {
    set |= option.attr_bit;
    clear &= ~option.attr_bit;
  } else {
    set &= ~option.attr_bit;
    clear |= option.attr_bit;
  }
}

void apply_super(const MountOptionFacts& option, MountOptions& result) {
  (option.set ? result.super_set : result.super_clear) |= option.ms_bit;
  (option.set ? result.super_clear : result.super_set) &= ~option.ms_bit;
}

void apply(const MountOptionFacts& option, MountOptions& result) {
  switch (option.effect) {
  case none: break;
  case both: apply_super(option, result); [[fallthrough]];
  case attribute:
    if (option.recursive)
      apply_attribute(option, result.recursive_attr_set, result.recursive_attr_clear);
    else
      apply_attribute(option, result.attr_set, result.attr_clear);
    break;
  case super: apply_super(option, result); break;
  case propagation:
    result.propagation = option.ms_bit;
    result.recursive_propagation = option.recursive;
    break;
  case bind:
    result.bind = true;
    result.recursive_bind = option.recursive;
    break;
  case remount: result.remount = true; break;
  case tmpcopyup: result.tmpcopyup = true; break;
  case idmap: result.idmap = option.recursive ? Idmap::recursive : Idmap::plain; break;
  }
}

} // namespace

std::span<const MountOptionFacts> mount_options() {
  return kOptions;
}

const MountOptionFacts* find_mount_option(std::string_view name) {
  const auto* row = std::ranges::lower_bound(kOptions, name, {}, &MountOptionFacts::name);
  return row != std::end(kOptions) && row->name == name ? row : nullptr;
}

Result<MountOptions> parse_mount_options(std::span<const std::string> options) {
  MountOptions result;
  for (const std::string& word : options) {
    if (word.empty())
      return fail(Kind::input, "a mount option is empty");
    if (const MountOptionFacts* option = find_mount_option(word))
      apply(*option, result);
    else
      result.data.push_back(word);
  }
  if (result.bind && result.tmpcopyup)
    return fail(Kind::input, "a bind mount cannot have the option tmpcopyup", "tmpcopyup is for mounts of type tmpfs");
  return result;
}

Result<std::uint64_t> parse_propagation(std::string_view word) {
  const MountOptionFacts* option = find_mount_option(word);
  if (option == nullptr || option->effect != propagation)
    return fail(Kind::input, "'" + std::string(word) + "' is not a mount propagation",
                "use one of private, slave, shared, unbindable, or these with an r in front for the whole tree");
  return option->ms_bit | (option->recursive ? std::uint64_t{MS_REC} : 0);
}

std::uint64_t MountOptions::ms_flags() const {
  std::uint64_t flags = super_set;
  for (const AttributeWord& row : kAttributeWords)
    if ((attr_set & row.attr) != 0)
      flags |= row.ms;
  if (bind)
    flags |= recursive_bind ? MS_BIND | MS_REC : MS_BIND;
  if (remount)
    flags |= MS_REMOUNT;
  return flags;
}

std::vector<std::string_view> MountOptions::super_options() const {
  std::vector<std::string_view> words;
  for (const MountOptionFacts& option : kOptions)
    if (option.set && !option.super_option.empty() && (super_set & option.ms_bit) != 0)
      words.push_back(option.super_option);
  return words;
}

std::string MountOptions::data_string() const {
  return join(data, ",");
}

std::string format_mount_attributes(std::uint64_t attributes) {
  std::string text;
  for (const AttributeWord& row : kAttributeWords) {
    if ((attributes & row.attr) == 0)
      continue;
    if (!text.empty())
      text += ',';
    text += row.word;
  }
  return text;
}

} // namespace phial::kernel
