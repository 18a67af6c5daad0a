-- The triad of STREAM (McCalpin): a[i] = b[i] + s * c[i], once over the arrays for each event.
sysbench.cmdline.options = { mib = { "MiB of each of the three arrays, over all threads", 64 } }
local ffi = require("ffi")
ffi.cdef("void *malloc(size_t size);")
local a, b, c, n

function thread_init()
   n = math.floor(sysbench.opt.mib * 2 ^ 17 / sysbench.opt.threads)
   local function array(value)
      local made = ffi.cast("double *", ffi.C.malloc(n * 8))
      for i = 0, n - 1 do made[i] = value end
      return made
   end
   a, b, c = array(0), array(1), array(2)
end

function event()
   local a, b, c = a, b, c
   for i = 0, n - 1 do a[i] = b[i] + 3 * c[i] end
end
