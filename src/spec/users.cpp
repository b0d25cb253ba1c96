#include "spec/users.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace phial::spec {

namespace {

std::optional<std::uint32_t> parse_id(std::string_view text) {
  std::optional<std::uint64_t> value = parse_uint(text);
  if (!value || *value > kMaxId)
    return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find('\0') == std::string_view::npos && text[0] != '#' && text[0] != '+' &&
         text[0] != '-';
}

// Calls `take` with the fields of every row that is worth reading.
template <class Take> void for_each_row(std::string_view text, std::size_t fields, Take take) {
  text = text.substr(0, kMaxUserFile);
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view row = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (row.empty() || row.size() > kMaxUserRow)
      continue;
    std::vector<std::string_view> parts = split(row, ':');
    if (parts.size() >= fields && is_name(parts[0]))
      take(parts);
  }
}

// A path from somebody else's file, fit to become HOME and a working directory.
std::string clean_path(std::string_view path) {
  return path.starts_with('/') && path.find('\0') == std::string_view::npos ? std::string(path) : "/";
}

template <class Entry>
std::unexpected<Error> unknown(std::string_view kind, std::string_view name, const std::vector<Entry>& entries,
                               std::string_view file) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const Entry& entry : entries)
    names.push_back(entry.name);
  auto near = nearest(name, names);
  return fail(Kind::input,
              "no " + std::string(kind) + " \"" + std::string(name) + "\" in the container's " + std::string(file),
              near ? "did you mean \"" + std::string(*near) + "\"?"
                   : "give its number, or one of the names in " + std::string(file));
}

std::unexpected<Error> bad_number(std::string_view text) {
  return fail(Kind::input, "\"" + std::string(text) + "\" is no id: uids and gids are 0 to " + std::to_string(kMaxId));
}

// The gid of a group that was named or numbered.
Result<std::uint32_t> find_group(std::string_view text, const std::vector<GroupEntry>& groups) {
  if (all_digits(text)) {
    std::optional<std::uint32_t> gid = parse_id(text);
    if (!gid)
      return bad_number(text);
    return *gid;
  }
  auto group = std::ranges::find(groups, text, &GroupEntry::name);
  if (text.empty() || group == groups.end())
    return unknown("group", text, groups, "/etc/group");
  return group->gid;
}

// uid, gid, home and name of the part before the colon.
Result<ResolvedUser> find_user(std::string_view text, const std::vector<PasswdEntry>& entries) {
  ResolvedUser out;
  auto entry = entries.end();
  if (all_digits(text) || text.empty()) {
    std::optional<std::uint32_t> uid = text.empty() ? 0 : parse_id(text);
    if (!uid)
      return bad_number(text);
    out.uid = *uid;
    entry = std::ranges::find(entries, *uid, &PasswdEntry::uid);
  } else {
    entry = std::ranges::find(entries, text, &PasswdEntry::name);
    if (entry == entries.end())
      return unknown("user", text, entries, "/etc/passwd");
    out.uid = entry->uid;
  }
  if (entry == entries.end())
    return out;
  out.gid = entry->gid;
  out.home = entry->home;
  out.name = entry->name;
  return out;
}

void add_memberships(ResolvedUser& user, const std::vector<GroupEntry>& groups) {
  if (user.name.empty())
    return;
  for (const GroupEntry& group : groups)
    if (std::ranges::find(group.members, user.name) != group.members.end())
      user.additional_gids.push_back(group.gid);
}

} // namespace

std::vector<PasswdEntry> parse_passwd(std::string_view text) {
  std::vector<PasswdEntry> out;
  for_each_row(text, 6, [&](const std::vector<std::string_view>& parts) {
    std::optional<std::uint32_t> uid = parse_id(parts[2]);
    std::optional<std::uint32_t> gid = parse_id(parts[3]);
    if (uid && gid)
      out.push_back({std::string(parts[0]), *uid, *gid, clean_path(parts[5]),
                     parts.size() > 6 ? std::string(parts[6]) : std::string()});
  });
  return out;
}

std::vector<GroupEntry> parse_group(std::string_view text) {
  std::vector<GroupEntry> out;
  for_each_row(text, 3, [&](const std::vector<std::string_view>& parts) {
    std::optional<std::uint32_t> gid = parse_id(parts[2]);
    if (!gid)
      return;
    GroupEntry entry{std::string(parts[0]), *gid, {}};
    if (parts.size() > 3)
      for (std::string_view member : split(parts[3], ','))
        if (is_name(member))
          entry.members.emplace_back(member);
    out.push_back(std::move(entry));
  });
  return out;
}

Result<ResolvedUser> resolve_user(std::string_view user, std::string_view passwd_text, std::string_view group_text,
                                  const std::vector<std::string>& extra) {
  Halves halves = split_once(user, ':');
  std::vector<GroupEntry> groups = parse_group(group_text);
  ResolvedUser out = TRY(find_user(halves.first, parse_passwd(passwd_text)));
  if (halves.second && !halves.second->empty())
    out.gid = TRY(find_group(*halves.second, groups));
  else
    add_memberships(out, groups);
  for (const std::string& group : extra)
    out.additional_gids.push_back(TRY(find_group(group, groups)));
  // The primary group is one of the supplementary ones: else a group's "no access" bits do not bind its own members.
  out.additional_gids.push_back(out.gid);
  std::ranges::sort(out.additional_gids);
  auto rest = std::ranges::unique(out.additional_gids);
  out.additional_gids.erase(rest.begin(), rest.end());
  return out;
}

} // namespace phial::spec
