// The mounts of the spec, in its order. A type that needs more than a file system's own options is a function of its
// own (mount_bind.cpp, mount_cgroup.cpp); everything else is fsopen, fsconfig, fsmount, move_mount.
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/mounts.hpp"

#include <cerrno>

namespace phial::runtime {

namespace {

std::string guarantee_of(const spec::Mount& mount) {
  if (mount.type == "proc")
    return "the container sees only its own processes";
  if (mount.type == "mqueue")
    return "message queues are the container's own";
  if (mount.type == "devpts")
    return "its terminals are its own";
  return "";
}

// The attributes a mount of a new file system is born with. The access time's clear mask has no meaning there.
std::uint64_t birth_attributes(const kernel::MountOptions& options) {
  return options.attr_set | options.recursive_attr_set;
}

} // namespace

std::string mount_words(const kernel::MountOptions& options, std::uint64_t attributes) {
  std::string words = kernel::format_mount_attributes(attributes);
  std::string data = options.data_string();
  if (!words.empty() && !data.empty())
    words += ",";
  return words + data;
}

std::string in_root(std::string_view path) {
  return "\"$root\"" + shell_quote("/" + below_root(path));
}

void configure_filesystem(Compiler& c, Slot fs, const std::string& option) {
  Halves halves = split_once(option, '=');
  if (halves.second)
    c.b.call(SYS_fsconfig, {fs, FSCONFIG_SET_STRING, c.b.text(halves.first), c.b.text(*halves.second), 0});
  else
    c.b.call(SYS_fsconfig, {fs, FSCONFIG_SET_FLAG, c.b.text(halves.first), 0, 0});
}

namespace {

// The others have their labels from the policy.
bool takes_label(std::string_view type) {
  return type != "proc" && type != "sysfs" && type != "mqueue" && !type.starts_with("cgroup");
}

bool is_pseudo(std::string_view type) {
  constexpr std::string_view kTypes[] = {"proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"};
  for (std::string_view known : kTypes)
    if (type == known)
      return true;
  return false;
}

// What is mounted on /dev has to stay writable until the devices are there.
bool is_dev(const spec::Mount& mount) {
  return below_root(mount.destination) == "dev";
}

} // namespace

Slot make_filesystem(Compiler& c, const std::string& type, const std::string& source,
                     const kernel::MountOptions& options, std::uint64_t attributes, bool inherit) {
  Slot fs = c.b.slot("fs");
  c.b.call(SYS_fsopen, {c.b.text(type), FSOPEN_CLOEXEC}).into(fs);
  c.b.call(SYS_fsconfig, {fs, FSCONFIG_SET_STRING, c.b.text("source"), c.b.text(source.empty() ? type : source), 0});
  for (std::string_view word : options.super_options())
    // A tmpfs is written to before it becomes read-only, and that is the mount's attribute then.
    if (!is_pseudo(type) || (type == "tmpfs" && word != "ro"))
      c.b.call(SYS_fsconfig, {fs, FSCONFIG_SET_FLAG, c.b.text(word), 0, 0});
  for (const std::string& option : options.data)
    if (type != "devpts" || option != "newinstance") // every one is, since Linux 4.7
      configure_filesystem(c, fs, option);
  if (!c.mount_label.empty() && takes_label(type))
    c.b.call(SYS_fsconfig, {fs, FSCONFIG_SET_STRING, c.b.text("context"), c.b.text(c.mount_label), 0});
  c.b.call(SYS_fsconfig, {fs, FSCONFIG_CMD_CREATE, 0, 0, 0});
  Slot mount = c.b.slot(type == "tmpfs" || type == "proc" || type == "devpts" ? type : "mount");
  c.b.call(SYS_fsmount, {fs, inherit ? 0 : FSMOUNT_CLOEXEC, attributes}).into(mount);
  return mount;
}

namespace {

std::uint64_t mount_flags(std::uint64_t attributes) {
  constexpr std::pair<std::uint64_t, std::uint64_t> kFlags[] = {
      {MOUNT_ATTR_NOSUID, MS_NOSUID},           {MOUNT_ATTR_NODEV, MS_NODEV},
      {MOUNT_ATTR_NOEXEC, MS_NOEXEC},           {MOUNT_ATTR_NOATIME, MS_NOATIME},
      {MOUNT_ATTR_STRICTATIME, MS_STRICTATIME}, {MOUNT_ATTR_NODIRATIME, MS_NODIRATIME},
  };
  std::uint64_t out = 0;
  for (const auto& [attribute, flag] : kFlags)
    if ((attributes & attribute) != 0)
      out |= flag;
  return out;
}

// On an entry of our own fresh /dev, where nobody can have put a link, one mount(2) does what takes the new calls six
// to nine, and nothing after it needs the mount: /dev/shm, /dev/mqueue, and /dev/pts where there is no terminal.
bool add_in_dev(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options, std::uint64_t attributes,
                bool terminal) {
  constexpr std::uint64_t kKnown = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME |
                                   MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NODIRATIME;
  std::string whole = below_root(mount.destination);
  std::optional<std::string_view> name = name_in_dev(whole);
  bool fits = c.mount_label.empty() &&
              (mount.type == "tmpfs" || mount.type == "mqueue" || (mount.type == "devpts" && !terminal));
  if (!fits || !c.has_dev || !c.dev_is_fresh || !name || (attributes & ~kKnown) != 0)
    return false;
  std::string data;
  for (const std::string& option : options.data) {
    if (option.find(',') != std::string::npos)
      return false;
    if (option != "newinstance") // every devpts is one, since Linux 4.7
      data += (data.empty() ? "" : ",") + option;
  }
  c.b.call(SYS_mkdirat, {c.dev, c.b.text(*name), 0755}).tolerate(EEXIST);
  if (!c.stands_in_dev)
    c.b.call(SYS_fchdir, {c.dev});
  c.stands_in_dev = true;
  c.b.call(SYS_mount, {c.b.text(mount.source.empty() ? mount.type : mount.source), c.b.text(*name),
                       c.b.text(mount.type), mount_flags(attributes), c.b.text(data)});
  c.has_devpts = c.has_devpts || mount.type == "devpts";
  return true;
}

// Later entries and the devices go by the descriptors of these.
void remember(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options, Slot made) {
  if (mount.type == "proc") {
    c.proc = made;
    c.has_proc = true;
  }
  if (is_dev(mount)) {
    c.dev = made;
    c.has_dev = true;
    c.dev_is_fresh = !options.tmpcopyup;
    c.stands_in_dev = false;
  }
  if (mount.type == "devpts") {
    c.devpts = made;
    c.has_devpts = true;
  }
}

void add_filesystem(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options,
                    const std::string& field, std::size_t index, bool terminal) {
  if (options.tmpcopyup)
    return remember(c, mount, options, add_copied_mount(c, mount, options, index));
  std::uint64_t attributes = birth_attributes(options);
  if (is_dev(mount))
    attributes &= ~static_cast<std::uint64_t>(MOUNT_ATTR_RDONLY);
  // To mount(8) "ro" is the file system's as well; of one that is everybody's or empty only the mount is read-only.
  bool late = is_pseudo(mount.type) && (attributes & MOUNT_ATTR_RDONLY) != 0;
  c.step(Section::init, [&] {
    std::string words =
        mount_words(options, late ? attributes & ~static_cast<std::uint64_t>(MOUNT_ATTR_RDONLY) : attributes);
    return StepText{"mount " + mount.type + " on " + mount.destination, c.why(field), guarantee_of(mount),
                    "mkdir -p " + in_root(mount.destination) + "\nmount -t " + mount.type +
                        (words.empty() ? "" : " -o " + shell_quote(words)) + " " +
                        shell_quote(mount.source.empty() ? mount.type : mount.source) + " " +
                        in_root(mount.destination) +
                        (late ? "\nmount -o remount,bind,ro " + in_root(mount.destination) : ""),
                    ShellPlace::inside};
  });
  if (add_in_dev(c, mount, options, attributes, terminal))
    return;
  Slot made = make_filesystem(c, mount.type, mount.source, options, attributes);
  c.attach(made, mount.destination, TargetKind::directory);
  remember(c, mount, options, made);
}

Result<> check_mount(const Compiler& c, const Request& request, const spec::Mount& mount,
                     const kernel::MountOptions& options, const std::string& field) {
  if (options.remount)
    return {};
  TRY(check_idmap(c, request.spec->platform, mount, options, field));
  if (kernel::is_bind(mount.type, options))
    return {};
  if (mount.type.empty() || mount.type == "none")
    return fail(Kind::input, field + ".type: " + (mount.type.empty() ? "is missing" : "\"none\" is no file system"),
                "a bind mount has \"bind\" or \"rbind\" among its options");
  if (options.tmpcopyup && mount.type != "tmpfs")
    return fail(Kind::input, field + ": tmpcopyup is for mounts of type tmpfs");
  return {};
}

Result<> add_one(Compiler& c, const Request& request, std::size_t index) {
  const spec::Mount& mount = request.spec->mounts[index];
  std::string field = mount_field(index);
  const kernel::MountOptions& options = c.options[index];
  if (options.remount)
    return add_remount(c, mount, options, field);
  if (kernel::is_bind(mount.type, options))
    return add_bind_mount(c, mount, options, field, index);
  if (mount.type == "cgroup" || mount.type == "cgroup2")
    return add_cgroup_mount(c, request, mount, options, field);
  add_filesystem(c, mount, options, field, index, request.spec->process && request.spec->process->terminal);
  if (options.propagation != 0) {
    Slot target = c.target(mount.destination, TargetKind::directory);
    c.set_attributes(target, 0, 0, options.propagation, options.recursive_propagation);
  }
  return {};
}

} // namespace

std::string mount_field(std::size_t index) {
  return "mounts[" + std::to_string(index) + "]";
}

Result<> read_mount_options(Compiler& c, const spec::Spec& spec) {
  c.options.reserve(spec.mounts.size());
  for (std::size_t i = 0; i < spec.mounts.size(); ++i)
    c.options.push_back(TRY(kernel::parse_mount_options(spec.mounts[i].options), mount_field(i)));
  return {};
}

Result<> add_mount_source_steps(Compiler& c, const Request& request) {
  c.mounts.resize(request.spec->mounts.size());
  for (std::size_t i = 0; i < request.spec->mounts.size(); ++i) {
    const spec::Mount& mount = request.spec->mounts[i];
    const kernel::MountOptions& options = c.options[i];
    TRY(check_mount(c, request, mount, options, mount_field(i)));
    if (options.remount)
      continue;
    if (kernel::is_bind(mount.type, options))
      TRY(add_bind_source(c, request.spec->platform, mount, options, i));
    else if (options.tmpcopyup)
      add_copied_source(c, mount, options, i);
  }
  return {};
}

Result<> add_mount_steps(Compiler& c, const Request& request) {
  for (std::size_t i = 0; i < request.spec->mounts.size(); ++i)
    TRY(add_one(c, request, i));
  return {};
}

// A /dev that was asked to be read-only becomes so once its devices are there.
Result<> add_late_mount_steps(Compiler& c, const Request& request) {
  for (std::size_t i = 0; i < request.spec->mounts.size(); ++i) {
    const spec::Mount& mount = request.spec->mounts[i];
    if (!c.has_dev || !is_dev(mount) || (birth_attributes(c.options[i]) & MOUNT_ATTR_RDONLY) == 0)
      continue;
    c.step(Section::init, [&] {
      return StepText{"make /dev read-only", c.why(mount_field(i)), "",
                      "mount -o remount,bind,ro " + in_root(mount.destination), ShellPlace::inside};
    });
    c.set_attributes(c.dev, MOUNT_ATTR_RDONLY, 0, 0, false);
  }
  return {};
}

} // namespace phial::runtime
