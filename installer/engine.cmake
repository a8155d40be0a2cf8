# What the build of llama-cpp-python makes besides the binding: llama.cpp's own server and quantizer, installed beside the
# libraries they share with it, and its converters. CMake reads this file after the package's `project()`
# (CMAKE_PROJECT_llama_cpp_INCLUDE), so that the source stays as its SHA-256 in the lock says.

set(LLAVA_BUILD OFF CACHE BOOL "mtmd comes with the tools, which the server needs" FORCE)
set(LLAMA_BUILD_TOOLS ON CACHE BOOL "" FORCE)
set(LLAMA_BUILD_SERVER ON CACHE BOOL "" FORCE)
set(LLAMA_BUILD_APP OFF CACHE BOOL "" FORCE)
set(LLAMA_BUILD_EXAMPLES OFF CACHE BOOL "" FORCE)
set(LLAMA_BUILD_TESTS OFF CACHE BOOL "" FORCE)
set(LLAMA_TOOLS_INSTALL OFF CACHE BOOL "" FORCE)
# No page of its own, and nothing that could reach another machine: a build step would fetch the page from a hub.
set(LLAMA_BUILD_UI OFF CACHE BOOL "" FORCE)
set(LLAMA_USE_PREBUILT_UI OFF CACHE BOOL "" FORCE)
set(LLAMA_OPENSSL OFF CACHE BOOL "" FORCE)

# Which folders of the tools are built, and what of them is installed beside the binding's libraries.
set(ENGINE_TOOLS server quantize ui mtmd)
set(ENGINE_TARGETS llama-server llama-server-impl llama-quantize llama-quantize-impl llama-common mtmd)

function(exclude_other_tools)
    set(tools "${CMAKE_CURRENT_SOURCE_DIR}/vendor/llama.cpp/tools")
    get_property(folders DIRECTORY "${tools}" PROPERTY SUBDIRECTORIES)
    foreach(folder ${folders})
        get_filename_component(name "${folder}" NAME)
        get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
        foreach(target ${targets})
            get_target_property(type ${target} TYPE)
            if(NOT name IN_LIST ENGINE_TOOLS OR (type STREQUAL "EXECUTABLE" AND NOT target IN_LIST ENGINE_TARGETS))
                set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL TRUE)
            endif()
        endforeach()
    endforeach()
endfunction()

function(install_engine)
    exclude_other_tools()
    foreach(target ${ENGINE_TARGETS})
        llama_cpp_python_install_target(${target})
    endforeach()
    set(source "${CMAKE_CURRENT_SOURCE_DIR}/vendor/llama.cpp")
    set(converters "${SKBUILD_PLATLIB_DIR}/llama_cpp/convert")
    install(FILES "${source}/convert_hf_to_gguf.py" "${source}/convert_lora_to_gguf.py" DESTINATION "${converters}")
    install(DIRECTORY "${source}/conversion" DESTINATION "${converters}" FILES_MATCHING PATTERN "*.py")
    install(DIRECTORY "${source}/gguf-py/gguf" DESTINATION "${converters}/gguf-py" FILES_MATCHING PATTERN "*.py")
endfunction()

cmake_language(DEFER CALL install_engine)
