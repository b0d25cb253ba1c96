// Helpers of the writers: a member is set where it says something. Only writer.cpp and its siblings include this.
#pragma once

#include "base/json.hpp"
#include "spec/names.hpp"
#include "spec/types.hpp"

#include <string_view>
#include <vector>

namespace phial::spec {

inline void put(Json& json, std::string_view key, const std::string& text) {
  if (!text.empty())
    json.set(key, text);
}
inline void put(Json& json, std::string_view key, bool flag) {
  if (flag)
    json.set(key, flag);
}
inline void put(Json& json, std::string_view key, const std::vector<std::string>& list) {
  if (!list.empty())
    json.set(key, Json::strings(list));
}
inline void put(Json& json, std::string_view key, const std::vector<std::uint32_t>& list) {
  if (!list.empty())
    json.set(key, Json::array(std::vector<Json>(list.begin(), list.end())));
}
inline void put(Json& json, std::string_view key, const StringMap& map) {
  if (map.empty())
    return;
  std::vector<Json::Member> members;
  for (const auto& [name, text] : map)
    members.push_back({name, text});
  json.set(key, Json::object(std::move(members)));
}
inline void put_flags(Json& json, std::string_view key, Words words, std::uint64_t flags) {
  Json list = Json::array();
  for (std::string_view name : words_for_flags(words, flags))
    list.push(name);
  if (list.size() != 0)
    json.set(key, std::move(list));
}
// An array of parts; Write makes the Json of one.
template <class T, class Write>
void put_list(Json& json, std::string_view key, const std::vector<T>& list, Write write) {
  if (list.empty())
    return;
  Json out = Json::array();
  for (const T& part : list)
    out.push(write(part));
  json.set(key, std::move(out));
}
template <class T, class Write>
void put_part(Json& json, std::string_view key, const std::optional<T>& part, Write write) {
  if (part)
    json.set(key, write(*part));
}

} // namespace phial::spec
