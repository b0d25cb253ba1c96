#include "cli/mount_values.hpp"

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/values.hpp"
#include "kernel/mounts.hpp"

#include <algorithm>
#include <array>

namespace phial::cli {

namespace {

using engine::MountRequest;

constexpr std::array<std::string_view, 6> kPropagations = {"private", "rprivate", "shared",
                                                           "rshared", "slave",    "rslave"};

bool is_propagation(std::string_view word) {
  return std::ranges::find(kPropagations, word) != kPropagations.end();
}

// "./a" from where we are; absolute paths as they are.
std::string host_path(std::string_view path, std::string_view directory) {
  if (path == "." || path == ".." || path.starts_with("./") || path.starts_with("../"))
    return clean_path(std::string(directory) + "/" + std::string(path));
  return clean_path(path);
}

Result<> check_volume_name(std::string_view name) {
  auto is_first = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.size() < 2 || !is_first(name[0]) ||
      !std::ranges::all_of(name, [&](char c) { return is_first(c) || c == '_' || c == '.' || c == '-'; }))
    return bad_value(name, "a volume's name",
                     "expected letters, digits, _ . and -; a directory of the host begins with / or ./");
  return {};
}

Result<std::string> destination_of(std::string_view text) {
  Result<std::string> path = parse_container_path(text);
  if (path && path->size() == 1)
    return fail(Kind::usage, "nothing can be mounted on / of the container");
  return path;
}

Result<> volume_word(MountRequest& mount, std::string_view word) {
  if (word == "ro") {
    mount.read_only = true;
  } else if (word == "nocopy") {
    mount.no_copy = true;
  } else if (is_propagation(word) && mount.type == MountRequest::Type::bind) {
    mount.propagation = word;
  } else if (word != "rw" && word != "z" && word != "Z" && word != "cached" && word != "delegated" &&
             word != "consistent") {
    return bad_value(word, "an option of -v", "expected ro, rw, nocopy, z, Z or a propagation such as rslave");
  }
  return {};
}

} // namespace

Result<MountRequest> parse_volume(std::string_view text, std::string_view directory) {
  std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() > 3 || std::ranges::any_of(parts, [](std::string_view part) { return part.empty(); }))
    return bad_value(text, "a volume", "expected HOST-DIR:/PATH[:ro], NAME:/PATH[:ro] or /PATH");
  MountRequest mount;
  mount.flag = "-v " + std::string(text);
  if (parts.size() == 1) {
    mount.type = MountRequest::Type::volume;
    mount.destination = TRY(destination_of(parts[0]));
    return mount;
  }
  if (parts[0][0] == '/' || parts[0][0] == '.') {
    mount.source = host_path(parts[0], directory);
    mount.create_source = true;
  } else {
    TRY(check_volume_name(parts[0]));
    mount.type = MountRequest::Type::volume;
    mount.source = parts[0];
  }
  mount.destination = TRY(destination_of(parts[1]));
  if (parts.size() == 3)
    for (std::string_view word : split(parts[2], ','))
      TRY(volume_word(mount, word));
  return mount;
}

namespace {

// One line of CSV: fields with commas between; a field in double quotes may hold commas, and "" for a quote.
Result<std::vector<std::string>> csv_fields(std::string_view text) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"')
      out.back() += text[++i];
    else if (c == '"' && (quoted || out.back().empty()))
      quoted = !quoted;
    else if (c == ',' && !quoted)
      out.emplace_back();
    else
      out.back() += c;
  }
  if (quoted)
    return bad_value(text, "a mount", "a quote is not closed");
  return out;
}

Result<bool> switch_of(std::string_view key, const std::optional<std::string_view>& value) {
  if (!value)
    return true;
  std::optional<bool> on = parse_switch(*value);
  if (!on)
    return bad_value(*value, "true or false", "expected one of them behind " + std::string(key) + "=");
  return *on;
}

constexpr std::string_view kMountKeys =
    "type, src, dst, ro, bind-propagation, bind-recursive, volume-nocopy, tmpfs-size and tmpfs-mode";

class MountReader {
public:
  explicit MountReader(std::string_view directory) : directory_(directory) {}

  Result<MountRequest> read(std::string_view text) {
    mount_.type = MountRequest::Type::volume;
    for (const std::string& field : TRY(csv_fields(text)))
      TRY(read_field(field));
    mount_.flag = "--mount " + std::string(text);
    if (mount_.destination.empty())
      return bad_value(text, "a mount", "dst=/PATH is missing");
    TRY(check_type(text));
    return std::move(mount_);
  }

private:
  Result<> read_field(std::string_view field) {
    Halves halves = split_once(field, '=');
    std::string key = lower(halves.first);
    if (key == "ro" || key == "readonly") {
      mount_.read_only = TRY(switch_of(key, halves.second));
      return {};
    }
    if (key == "volume-nocopy") {
      mount_.no_copy = TRY(switch_of(key, halves.second));
      return {};
    }
    if (key == "bind-nonrecursive") {
      mount_.recursive = !TRY(switch_of(key, halves.second));
      return {};
    }
    if (!halves.second)
      return bad_value(field, "a field of --mount", "expected KEY=VALUE with one of " + std::string(kMountKeys));
    return read_pair(key, *halves.second);
  }

  Result<> read_pair(std::string_view key, std::string_view value) {
    if (key == "type")
      return read_type(value);
    if (key == "source" || key == "src")
      source_ = value;
    else if (key == "target" || key == "dst" || key == "destination")
      mount_.destination = TRY(destination_of(value));
    else if (key == "bind-propagation")
      return read_propagation(value);
    else if (key == "bind-recursive")
      return read_recursive(value);
    else if (key == "tmpfs-size")
      mount_.tmpfs_size = TRY(parse_bytes(value));
    else if (key == "tmpfs-mode")
      return read_mode(value);
    else if (key != "consistency")
      return bad_value(key, "a key of --mount", "there are " + std::string(kMountKeys));
    return {};
  }

  Result<> read_type(std::string_view value) {
    if (value == "bind")
      mount_.type = MountRequest::Type::bind;
    else if (value == "tmpfs")
      mount_.type = MountRequest::Type::tmpfs;
    else if (value == "volume")
      mount_.type = MountRequest::Type::volume;
    else
      return bad_value(value, "a type of mount", "expected bind, tmpfs or volume");
    return {};
  }

  Result<> read_propagation(std::string_view value) {
    if (!is_propagation(value))
      return bad_value(value, "a propagation", "expected private, shared or slave, or one of them behind an r");
    mount_.propagation = value;
    return {};
  }

  Result<> read_recursive(std::string_view value) {
    mount_.recursive = value != "disabled";
    mount_.recursive_read_only = value != "writable";
    mount_.required_read_only = value == "readonly";
    if (value != "enabled" && value != "disabled" && value != "writable" && value != "readonly")
      return bad_value(value, "a bind-recursive", "expected enabled, disabled, writable or readonly");
    return {};
  }

  Result<> read_mode(std::string_view value) {
    std::optional<std::uint64_t> mode = parse_uint(value, 8);
    if (!mode || *mode > 07777)
      return bad_value(value, "a mode", "expected up to four octal digits, as in 1777");
    mount_.tmpfs_mode = static_cast<std::uint32_t>(*mode);
    return {};
  }

  // What fits the type and what does not.
  Result<> check_type(std::string_view text) {
    bool bind = mount_.type == MountRequest::Type::bind;
    bool tmpfs = mount_.type == MountRequest::Type::tmpfs;
    if (!bind &&
        (!mount_.propagation.empty() || !mount_.recursive || !mount_.recursive_read_only || mount_.required_read_only))
      return bad_value(text, "a mount", "the bind- keys need type=bind");
    if (!tmpfs && (mount_.tmpfs_size || mount_.tmpfs_mode))
      return bad_value(text, "a mount", "the tmpfs- keys need type=tmpfs");
    if (mount_.required_read_only && (!mount_.read_only || mount_.propagation != "rprivate"))
      return bad_value(text, "a mount", "bind-recursive=readonly needs ro and bind-propagation=rprivate");
    if (tmpfs)
      return source_.empty() ? Result<>() : Result<>(bad_value(text, "a mount", "a tmpfs has no src"));
    if (!bind) {
      mount_.source = source_;
      return source_.empty() ? Result<>() : check_volume_name(source_);
    }
    if (source_.empty())
      return bad_value(text, "a mount", "src=/HOST-DIR is missing");
    if (source_[0] != '/' && source_[0] != '.')
      return bad_value(source_, "a path of the host", "expected one that begins with / or ./");
    mount_.source = host_path(source_, directory_);
    return {};
  }

  std::string_view directory_;
  std::string source_;
  MountRequest mount_;
};

// What tmpfs itself takes, beside the options of every mount; tmpfs(5).
constexpr std::array<std::string_view, 6> kTmpfsKeys = {"uid", "gid", "nr_inodes", "nr_blocks", "mpol", "huge"};

Result<> tmpfs_word(MountRequest& mount, std::string_view word) {
  Halves halves = split_once(word, '=');
  if (word == "ro" || word == "rw") {
    mount.read_only = word == "ro";
  } else if (halves.first == "size" && halves.second && !halves.second->ends_with('%')) {
    mount.tmpfs_size = TRY(parse_bytes(*halves.second));
  } else if (halves.first == "mode" && halves.second) {
    std::optional<std::uint64_t> mode = parse_uint(*halves.second, 8);
    if (!mode || *mode > 07777)
      return bad_value(word, "a mode", "expected up to four octal digits, as in mode=1777");
    mount.tmpfs_mode = static_cast<std::uint32_t>(*mode);
  } else if (const kernel::MountOptionFacts* facts = halves.second ? nullptr : kernel::find_mount_option(word);
             halves.first == "size" || std::ranges::find(kTmpfsKeys, halves.first) != kTmpfsKeys.end() ||
             (facts != nullptr && facts->effect != kernel::MountEffect::bind &&
              facts->effect != kernel::MountEffect::remount)) {
    mount.tmpfs_options.emplace_back(word);
  } else {
    return bad_value(word, "an option of a tmpfs", "expected size=, mode=, uid=, gid=, nr_inodes=, ro, exec and such");
  }
  return {};
}

} // namespace

Result<MountRequest> parse_mount(std::string_view text, std::string_view directory) {
  return MountReader(directory).read(text);
}

Result<MountRequest> parse_tmpfs(std::string_view text) {
  Halves halves = split_once(text, ':');
  MountRequest mount;
  mount.type = MountRequest::Type::tmpfs;
  mount.flag = "--tmpfs " + std::string(text);
  mount.destination = TRY(destination_of(halves.first));
  if (halves.second && !halves.second->empty())
    for (std::string_view word : split(*halves.second, ','))
      TRY(tmpfs_word(mount, word));
  return mount;
}

} // namespace phial::cli
