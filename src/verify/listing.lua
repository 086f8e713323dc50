-- What the core and mod_autoindex say of a directory, whose handler a probe has taken; nil where the
-- probe is to answer. `directory`: the request came to one.
function listing(r, directory)
  if directory and not string.find(r.options, "Indexes") then return 403 end
  local listed = directory and string.find(" GET HEAD OPTIONS ", " " .. r.method .. " ", 1, true)
  if listed and r.status ~= 200 then
    r:puts("listing\n")
    return apache2.OK
  end
  if r.status ~= 200 or (directory and not listed) then return apache2.DECLINED end
end
