local function is_loaded(r, module)
  for _, name in ipairs(r:loaded_modules()) do
    if name == module then return true end
  end
  return false
end
-- What mod_autoindex says of a directory, whose handler a probe has taken, and the core where that module says nothing;
-- nil where the probe is to answer. `directory`: the request came to one.
function listing(r, directory)
  -- What may be asked of it, the files say.
  if r.method == "OPTIONS" and r.status == 200 then return nil end
  local reads = string.find(" GET HEAD ", " " .. r.method .. " ", 1, true)
  if directory and not (reads and is_loaded(r, "mod_autoindex.c")) then return apache2.DECLINED end
  if directory and not string.find(r.options, "Indexes") then return 403 end
  if r.status == 200 then return nil end
  if not directory then return apache2.DECLINED end
  r.content_type = "text/html;charset=ISO-8859-1"
  r:puts("listing\n")
  return apache2.OK
end
