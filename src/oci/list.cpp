#include "oci/list.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "commandline/table.hpp"
#include "oci/verbs.hpp"

#include <unistd.h>

#include <algorithm>

namespace phial::oci {

namespace {

constexpr std::size_t kLeastColumn = 12;

pid_t pid_of(const runtime::Container& container) {
  return container.is_alive() ? container.record.pid : 0;
}

} // namespace

std::string go_time(std::int64_t nanoseconds) {
  std::string text = time_string(nanoseconds);
  text.pop_back();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with("."))
    text.pop_back();
  return text + "Z";
}

std::string list_table(std::span<const runtime::Container> containers) {
  commandline::Table table(kLeastColumn);
  table.add({"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"});
  for (const runtime::Container& container : containers)
    table.add({container.record.id, std::to_string(pid_of(container)), std::string(status_name(container.status)),
               container.record.bundle, go_time(container.record.created), container.record.owner});
  return table.text();
}

Json list_json(std::span<const runtime::Container> containers) {
  if (containers.empty())
    return {};
  Json out = Json::array();
  for (const runtime::Container& container : containers) {
    const runtime::Record& record = container.record;
    Json entry = Json::object();
    entry.set("ociVersion", record.oci_version);
    entry.set("id", record.id);
    entry.set("pid", pid_of(container));
    entry.set("status", status_name(container.status));
    entry.set("bundle", record.bundle);
    entry.set("rootfs", record.rootfs);
    entry.set("created", go_time(record.created));
    if (!record.annotations.empty()) {
      spec::StringMap sorted = record.annotations;
      std::ranges::sort(sorted);
      Json annotations = Json::object();
      for (const auto& [key, value] : sorted)
        annotations.set(key, value);
      entry.set("annotations", std::move(annotations));
    }
    entry.set("owner", record.owner);
    out.push(std::move(entry));
  }
  return out;
}

Result<int> list(const Call& call) {
  std::vector<std::string> problems;
  std::vector<runtime::Container> containers = TRY(runtime::list_containers(call.globals.root, &problems));
  for (const std::string& problem : problems)
    TRY(write_all(STDERR_FILENO, "phial-oci: " + problem + "\n"));
  std::string out;
  if (call.arguments.on("quiet"))
    for (const runtime::Container& container : containers)
      out += container.record.id + "\n";
  else if (call.text("format") == "json")
    out = to_text(list_json(containers)) + "\n";
  else
    out = list_table(containers);
  TRY(write_all(STDOUT_FILENO, out));
  return 0;
}

} // namespace phial::oci
