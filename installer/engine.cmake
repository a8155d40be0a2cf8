# What the build of llama-cpp-python makes besides the binding: llama.cpp's own server and quantizer, installed beside the
# libraries they share with it, and its converters. CMake reads this file after the package's `project()`
# (CMAKE_PROJECT_llama_cpp_INCLUDE), so that the source stays as its SHA-256 in the lock says; one of its files is compiled from
# a copy with a few lines more (`add_adapter_operation`).

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

# Compile llama-graph.cpp from a copy that asks engine_adapter.h first where an adapter adds to a product. A source in which
# the two places are not found stops the build: another version of llama.cpp needs another look.
set(ENGINE_FOLDER "${CMAKE_CURRENT_LIST_DIR}")

function(put_before variable text added)
    string(FIND "${${variable}}" "${text}" first)
    string(FIND "${${variable}}" "${text}" last REVERSE)
    if(first EQUAL -1 OR NOT first EQUAL last)
        message(FATAL_ERROR "llama-graph.cpp does not hold this once: ${text}")
    endif()
    string(REPLACE "${text}" "${added}${text}" changed "${${variable}}")
    set(${variable} "${changed}" PARENT_SCOPE)
endfunction()

function(add_adapter_operation)
    set(source "${CMAKE_CURRENT_SOURCE_DIR}/vendor/llama.cpp/src")
    set(copy "${CMAKE_CURRENT_BINARY_DIR}/engine/llama-graph.cpp")
    file(READ "${source}/llama-graph.cpp" content)
    put_before(content "#include \"llama-impl.h\"\n" "#include \"${ENGINE_FOLDER}/engine_adapter.h\"\n")
    put_before(content
        "        ggml_tensor * ab_cur = ggml_mul_mat(\n                ctx0, lw->b,\n"
        "        if (ggml_tensor * sum = garrison::add_adapter(ctx0, res, lw->a, lw->b, cur, scale)) {\n            res = sum;\n            continue;\n        }\n")
    file(WRITE "${copy}" "${content}")
    get_target_property(sources llama SOURCES)
    list(TRANSFORM sources REPLACE "^llama-graph\\.cpp$" "${copy}")
    set_target_properties(llama PROPERTIES SOURCES "${sources}")
    set_source_files_properties("${copy}" TARGET_DIRECTORY llama PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

function(install_engine)
    exclude_other_tools()
    add_adapter_operation()
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
