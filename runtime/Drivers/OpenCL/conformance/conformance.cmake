# The CPU runtime that requirements/ installs, where no other OpenCL device may be.
if(EXISTS ${PROJECT_SOURCE_DIR}/.venv/lib/libintelocl.so)
  set(environment OCL_ICD_VENDORS=${PROJECT_SOURCE_DIR}/.venv/opencl)
endif()
