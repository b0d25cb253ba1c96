#include "image/oci_layout.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace phial::image {

namespace {

constexpr std::size_t kLayers = 500;
constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

Result<Json> parse_document(std::string_view text, std::string_view label, std::string_view media_type) {
  Json json = TRY(parse_json(text, label));
  if (!json.is_object())
    return fail(Kind::input, std::string(label) + " is " + std::string(json.type_name()) + ", and should be an object");
  if (json.find("layers") != nullptr && json.find("manifests") != nullptr)
    return fail(Kind::input, std::string(label) + " is a manifest and an index at once");
  std::string own = json.string_or("mediaType");
  if (!own.empty() && !media_type.empty() && own != media_type)
    return fail(Kind::input,
                std::string(label) + " says it is " + own + ", and was announced as " + std::string(media_type));
  if (json.int_or("schemaVersion", 2) != 2)
    return fail(Kind::unsupported, std::string(label) + " has a schemaVersion other than 2");
  return json;
}

Result<Descriptor> descriptor_from(const Json& json, std::string_view label) {
  if (!json.is_object())
    return fail(Kind::input, std::string(label) + ": a descriptor is missing or no object");
  Descriptor out;
  out.media_type = json.string_or("mediaType");
  out.digest = TRY(parse_digest(json.string_or("digest")), std::string(label));
  const Json* size = json.find("size");
  std::optional<std::uint64_t> bytes = size != nullptr ? size->as_uint() : std::nullopt;
  if (!bytes)
    return fail(Kind::input, std::string(label) + ": a descriptor's size is missing or no number");
  out.size = *bytes;
  if (const Json* annotations = json.find("annotations")) {
    out.name = annotations->string_or("io.containerd.image.name");
    if (out.name.empty())
      out.name = annotations->string_or("org.opencontainers.image.ref.name");
    out.attestation = !annotations->string_or("vnd.docker.reference.type").empty();
  }
  if (const Json* platform = json.find("platform"); platform != nullptr && platform->is_object()) {
    out.platform =
        Platform{platform->string_or("os"), platform->string_or("architecture"), platform->string_or("variant")};
    out.attestation = out.attestation || out.platform->os == "unknown";
  }
  return out;
}

bool fits(const Platform& platform, const Platform& wanted) {
  return platform.os == wanted.os && platform.architecture == wanted.architecture &&
         (wanted.variant.empty() || platform.variant.empty() || platform.variant == wanted.variant);
}

Json to_json(const Descriptor& descriptor) {
  return Json::object()
      .set("mediaType", descriptor.media_type)
      .set("digest", descriptor.digest.text())
      .set("size", descriptor.size);
}

} // namespace

bool is_index(std::string_view media_type) {
  return media_type == kOciIndex || media_type == kDockerList;
}

bool is_manifest(std::string_view media_type) {
  return media_type == kOciManifest || media_type == kDockerManifest;
}

Result<std::vector<Descriptor>> parse_index(std::string_view text, std::string_view label) {
  Json json = TRY(parse_document(text, label, ""));
  const Json* manifests = json.find("manifests");
  if (manifests == nullptr || !manifests->is_array())
    return fail(Kind::input, std::string(label) + " is no index: it has no array \"manifests\"");
  std::vector<Descriptor> out;
  for (const Json& item : manifests->items())
    out.push_back(TRY(descriptor_from(item, label)));
  return out;
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view label, std::string_view media_type) {
  Json json = TRY(parse_document(text, label, media_type));
  const Json* config = json.find("config");
  const Json* layers = json.find("layers");
  if (config == nullptr || layers == nullptr || !layers->is_array())
    return fail(Kind::input, std::string(label) + " is no image's manifest: it has no config or no layers");
  Manifest out;
  out.config = TRY(descriptor_from(*config, label));
  for (const Json& layer : layers->items()) {
    out.layers.push_back(TRY(descriptor_from(layer, label)));
    std::string_view type = out.layers.back().media_type;
    if (type.find("tar") == std::string_view::npos || type.find("encrypted") != std::string_view::npos)
      return fail(Kind::unsupported, std::string(label) + ": a layer of type " + std::string(type) + " is no tar");
  }
  if (out.layers.size() > kLayers)
    return fail(Kind::unsupported, std::string(label) + " has " + std::to_string(out.layers.size()) +
                                       " layers; overlayfs takes " + std::to_string(kLayers));
  return out;
}

Result<std::vector<Descriptor>> choose(const std::vector<Descriptor>& all, const Platform& wanted, bool any_if_alone) {
  std::vector<std::string> names;
  std::vector<Descriptor> out;
  std::string offered;
  for (const Descriptor& one : all)
    if (!one.attestation && std::ranges::find(names, one.name) == names.end())
      names.push_back(one.name);
  for (const std::string& name : names) {
    std::vector<const Descriptor*> same;
    for (const Descriptor& one : all)
      if (!one.attestation && one.name == name)
        same.push_back(&one);
    bool told_apart = std::ranges::all_of(same, [](const Descriptor* one) { return one->platform.has_value(); });
    bool alone = same.size() == 1 && (any_if_alone || !told_apart);
    for (const Descriptor* one : same) {
      bool take = alone || !told_apart || fits(*one->platform, wanted);
      if (take)
        out.push_back(*one);
      else
        offered += (offered.empty() ? "" : ", ") + one->platform->text();
      if (take && told_apart)
        break;
    }
  }
  if (out.empty())
    return fail(Kind::not_found,
                "there is no image for " + wanted.text() + (offered.empty() ? "" : ", only for " + offered),
                offered.empty() ? "" : "choose another with --platform");
  return out;
}

std::string manifest_text(const Descriptor& config, const std::vector<Descriptor>& layers) {
  Json list = Json::array();
  for (const Descriptor& layer : layers)
    list.push(to_json(layer));
  return to_text(Json::object()
                     .set("schemaVersion", 2)
                     .set("mediaType", kOciManifest)
                     .set("config", to_json(config))
                     .set("layers", std::move(list)));
}

} // namespace phial::image
