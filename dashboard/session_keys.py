"""Names in `st.session_state` that more than one file reads or writes, and what each holds.

A name that only one file uses stands in that file.
"""

PROJECT_ID = "project_id"  # of the project chosen in the sidebar
NEXT_PROJECT_ID = "next_project_id"  # of the project to choose at the next run; the selector's own cannot be set after it

REVIEWER = "reviewer"  # the name a person declares where nobody signs in
REVIEW_DOCUMENT = "review-document"  # id of the document chosen in the queue
REVIEW_SHOWN = "review-shown"  # id of the document that was shown last, in case the queue loses it
REVIEW_NEXT = "review-next"  # whether to go on with the next document
REVIEW_KEYS = "review-keys"  # whether the list of keys is shown
ADD_ENTITY = "add-entity"  # type of personal data of a span that is added
RETURN_COMMENT = "return-comment"  # what to look at again in a document that is returned

TRAIN_MODEL = "train-model"  # name of the model to train
TRAIN_GOAL = "train-goal"  # a goal, or the name of one of the project's own

CHAT_ANSWERER = "chat-answerer"  # run id or name of the model that the next conversation is to be with
USE_NOTE = "use-note"  # what was put in use on another page, and how to go back, to be told once on the page Chat
CHAT_CONVERSATION = "chat-conversation"  # id of the conversation that is open; "" for a new one
CLEANED_UP = "cleaned-up"  # whether what is kept no longer was deleted when this session began
CHAT_ACT = "chat-act"  # what was pressed below the last answer: an `Act`
