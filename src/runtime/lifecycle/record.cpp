#include "runtime/lifecycle/record.hpp"

#include "base/json.hpp"

namespace phial::runtime {

namespace {

Json cgroups_json(const CgroupPaths& cgroups) {
  Json out = Json::object();
  out.set("directories", Json::strings(cgroups.directories));
  out.set("memory", cgroups.memory);
  out.set("memoryV1", cgroups.memory_v1);
  out.set("freezer", cgroups.freezer);
  out.set("freezerV1", cgroups.freezer_v1);
  return out;
}

CgroupPaths read_cgroups(const Json& json) {
  CgroupPaths out;
  out.directories = json.strings_of("directories");
  out.memory = json.string_or("memory");
  out.memory_v1 = json.bool_or("memoryV1");
  out.freezer = json.string_or("freezer");
  out.freezer_v1 = json.bool_or("freezerV1");
  return out;
}

} // namespace

std::string record_text(const Record& record) {
  Json annotations = Json::object();
  for (const auto& [key, value] : record.annotations)
    annotations.set(key, value);
  Json out = Json::object();
  out.set("ociVersion", record.oci_version);
  out.set("id", record.id);
  out.set("bundle", record.bundle);
  out.set("rootfs", record.rootfs);
  out.set("created", record.created);
  out.set("owner", record.owner);
  out.set("annotations", std::move(annotations));
  out.set("boot", record.boot);
  out.set("waits", record.waits);
  out.set("startIndex", record.start_index);
  out.set("manager", static_cast<unsigned>(record.manager));
  out.set("cgroup", record.cgroup);
  out.set("scope", record.scope);
  out.set("cgroups", cgroups_json(record.cgroups));
  out.set("intelRdt", record.intel_rdt);
  return to_text(out);
}

Result<Record> read_record(std::string_view text, std::string_view file_name) {
  Json json = TRY(parse_json(text, file_name));
  Record out;
  out.oci_version = json.string_or("ociVersion");
  out.id = json.string_or("id");
  out.bundle = json.string_or("bundle");
  out.rootfs = json.string_or("rootfs");
  out.created = json.int_or("created");
  out.owner = json.string_or("owner");
  if (const Json* annotations = json.find("annotations"))
    for (const Json::Member& member : annotations->members())
      if (const std::string* value = member.value.as_string())
        out.annotations.emplace_back(member.key, *value);
  out.boot = json.string_or("boot");
  out.waits = json.bool_or("waits");
  out.start_index = static_cast<std::uint32_t>(json.uint_or("startIndex"));
  out.manager = static_cast<CgroupManager>(json.uint_or("manager"));
  out.cgroup = json.string_or("cgroup");
  out.scope = json.string_or("scope");
  if (const Json* cgroups = json.find("cgroups"))
    out.cgroups = read_cgroups(*cgroups);
  out.intel_rdt = json.string_or("intelRdt");
  if (out.id.empty())
    return fail(Kind::input, std::string(file_name) + " names no container");
  return out;
}

} // namespace phial::runtime
