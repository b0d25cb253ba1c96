// config.json: "mounts", "hooks", and id mappings, which mounts and user namespaces share.
#include "spec/reader_parts.hpp"

namespace phial::spec {

namespace {

void read(const Cursor& at, Hook& out) {
  at.require({"path"});
  at.read("path", out.path);
  check_absolute(at, "path", out.path);
  at.read("args", out.args);
  at.read("env", out.env);
  at.read("timeout", out.timeout, 1U, 0xffffffffU);
}

void read_hooks(const Cursor& at, std::string_view key, std::vector<Hook>& out) {
  at.list(key, out, [](const Cursor& place, Hook& hook) { read(place, hook); });
}

} // namespace

void read(const Cursor& at, IdMapping& out) {
  at.require({"containerID", "hostID", "size"});
  at.read("containerID", out.inside);
  at.read("hostID", out.outside);
  at.read("size", out.size, 1U, 0xffffffffU);
  constexpr std::uint64_t kEnd = std::uint64_t{1} << 32;
  if (std::uint64_t{out.inside} + out.size > kEnd || std::uint64_t{out.outside} + out.size > kEnd)
    at.fail("size", "the mapping leads beyond the last id, 4294967295");
}

void read(const Cursor& at, Mount& out) {
  at.require({"destination"});
  at.read("destination", out.destination);
  if (out.destination.empty())
    at.fail("destination", "is empty");
  at.read("type", out.type);
  at.read("source", out.source);
  at.read("options", out.options);
  at.list("uidMappings", out.uid_mappings, [](const Cursor& place, IdMapping& part) { read(place, part); });
  at.list("gidMappings", out.gid_mappings, [](const Cursor& place, IdMapping& part) { read(place, part); });
  if (out.uid_mappings.empty() != out.gid_mappings.empty())
    at.fail(out.uid_mappings.empty() ? "uidMappings" : "gidMappings",
            "uidMappings and gidMappings belong together; one of them is missing");
}

void read(const Cursor& at, Hooks& out) {
  read_hooks(at, "prestart", out.prestart);
  read_hooks(at, "createRuntime", out.create_runtime);
  read_hooks(at, "createContainer", out.create_container);
  read_hooks(at, "startContainer", out.start_container);
  read_hooks(at, "poststart", out.poststart);
  read_hooks(at, "poststop", out.poststop);
}

} // namespace phial::spec
