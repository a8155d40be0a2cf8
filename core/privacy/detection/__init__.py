"""Text → detections: networks and recognizers, filtered, put to the vote and propagated through the document."""
